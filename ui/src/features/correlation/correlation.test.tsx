// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
const CORRELATION = "corr 1/α";

function open(path = `/correlation/${encodeURIComponent(CORRELATION)}`) {
  page = openPage(path, { world });
  return page;
}

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
});

function told() {
  const [one, two] = [world.createRoom("one").room_id, world.createRoom("two").room_id];
  const asked = world.append({ type: "message.created", room: one, correlation: CORRELATION, actor: ["user", "ada"], data: { content_md: "please" } });
  const run = world.createRun(two, "Deploy", ["deploy"], Date.now(), ["agent", "claude"], { correlation: CORRELATION, cause: asked.event_id });
  const happens = (type: string, data: object = {}) =>
    world.append({ type, room: two, run: run.run_id, correlation: CORRELATION, data });
  return { asked, run, happens };
}

const lines = () => [...document.querySelectorAll("[data-kind]")].map((row) => row.textContent ?? "");
const live = () => waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));

describe("a correlation", () => {
  it("is one tree across rooms, live", async () => {
    const { happens } = told();
    open();
    await waitFor(() => expect(lines().join("\n")).toMatch(/level 1: .*ada.*wrote[^]*level 2: .*Deploy/));
    expect(screen.getByText("2 rooms")).toBeTruthy();
    await live();
    happens("run.claimed", { attempt_no: 1, actor_id: "builder" });
    await waitFor(() => expect(lines().join("\n")).toContain("attempt 1"));
    happens("run.failed", { message: "no" });
    await waitFor(() => expect(lines().join("\n")).toMatch(/Deploy.*failed/));
  });

  it("is one click away from an event, and keeps it selected", async () => {
    const { asked } = told();
    const { user, router } = open(`/timeline?event=${asked.event_id}`);
    const inspector = await screen.findByTestId("event-inspector");
    await user.click(within(inspector).getByRole("link", { name: "All that belongs to it" }));
    await waitFor(() => expect(document.querySelector('[data-selected="true"]')?.textContent).toContain("wrote"));
    expect(decodeURIComponent(router.state.location.pathname)).toBe(`/correlation/${CORRELATION}`);
  });

  it("closes and opens its runs", async () => {
    const { happens } = told();
    happens("run.claimed", { attempt_no: 1, actor_id: "builder" });
    const { user } = open();
    await waitFor(() => expect(lines().join("\n")).toContain("attempt 1"));
    await user.click(screen.getByRole("button", { name: "Parts of Deploy" }));
    expect(lines().join("\n")).not.toContain("attempt 1");
  });

  it("that nothing has says so and leads on", async () => {
    open("/correlation/unknown");
    expect(await screen.findByText("Nothing has this correlation")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Open the timeline" })).toBeTruthy();
  });
});

describe("the inspector of an event", () => {
  it("follows causes and effects over correlations, with what lay between", async () => {
    const room = world.createRoom("one").room_id;
    const at = Date.now() - 60_000;
    const first = world.append({ type: "message.created", room, correlation: "a", actor: ["user", "ada"], at });
    const second = world.append({ type: "policy.mode.changed", room, correlation: "b", cause: first.event_id, at: at + 5000, data: { previous: "shadow", mode: "enforce" } });
    world.append({ type: "policy.kill_switch.changed", room, correlation: "c", cause: second.event_id, at: at + 12_000, data: { enabled: true } });
    const { user } = open(`/timeline?event=${second.event_id}`);
    const inspector = within(await screen.findByTestId("event-inspector"));
    expect((await inspector.findByText("led on after 5 s")).closest("li")?.textContent).toContain("ada");
    const effect = await inspector.findByText("after 7 s");
    await user.click(effect);
    await waitFor(() => expect(screen.getByTestId("event-inspector").dataset["eventType"]).toBe("policy.kill_switch.changed"));
  });

  it("says what the gate knew and which rule redacted", async () => {
    const event = world.append({ type: "policy.denied", secret: true, contexts: { policy_context: { principal: "claude" } }, data: { action: "email.send" } });
    open(`/timeline?event=${event.event_id}`);
    const inspector = within(await screen.findByTestId("event-inspector"));
    expect(await inspector.findByText("What the gate knew")).toBeTruthy();
    expect(await inspector.findByText("github_pat")).toBeTruthy();
  });

  it("is copied as a request that names the token, as a command and as a link", async () => {
    const event = world.append({ type: "policy.denied", data: { action: "email.send" } });
    const { user, host } = open(`/timeline?event=${event.event_id}`);
    const inspector = within(await screen.findByTestId("event-inspector"));
    const copy = async (name: string) => {
      await user.click(inspector.getByRole("button", { name: /Copy as|Copied/ }));
      await user.click(await screen.findByRole("menuitem", { name }));
      return host.copied.at(-1);
    };
    expect(await copy("curl")).toContain("Bearer $SIGNALBOX_TOKEN");
    expect(await copy("JSON")).toContain(event.event_id);
    expect(await copy("Link")).toBe(`http://signalbox.test/app/#/timeline?event=${event.event_id}`);
    expect(host.copied.join("\n")).not.toContain("Bearer token");
  });
});
