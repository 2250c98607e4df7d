// @vitest-environment jsdom
import { act, screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Incident } from "../../api/incidents";
import { openPage } from "../../mocks/page";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";
import { setPreferences } from "../../preferences/preferences";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
function open(path = "/incidents") {
  page = openPage(path, { world });
  return page;
}

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
  setPreferences({ drafts: {} });
});

const at = (incident: Incident) => `/incidents/${incident.incident_id}`;
const condition = (name: string) => document.querySelector<HTMLElement>(`[data-condition="${name}"]`)?.dataset["state"];
const CLOSE = /^(Save and close|Close incident)$/;
const closeButton = () => screen.findByRole<HTMLButtonElement>("button", { name: CLOSE });
const types = () => world.events.map((event) => event.event_type).filter((type) => type.startsWith("incident."));

describe("incidents", () => {
  it("say what will be here while none is open", async () => {
    open();
    expect(await screen.findByText("No incident is open")).toBeTruthy();
  });

  it("are listed live, by whether they are open", async () => {
    const old = world.attention.open({ title: "Old one" });
    world.attention.close(old, null);
    const { user, router } = open();
    await screen.findByText("No incident is open");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    act(() => void world.attention.open({ title: "New one", severity: "critical" }));
    const link = await screen.findByRole("link", { name: /New one/ });
    expect(link.textContent).toContain("Critical");
    await user.click(screen.getByRole("radio", { name: "Closed" }));
    await screen.findByRole("link", { name: /Old one/ });
    expect(router.state.location.search).toEqual({ state: "closed" });
  });

  it("are opened by hand", async () => {
    const { user, router } = open("/incidents?create=true");
    await user.type(await screen.findByLabelText("What went wrong"), "Wrong version");
    await user.click(screen.getByRole("radio", { name: "High" }));
    await user.click(screen.getByRole("button", { name: "Open incident" }));
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/incidents\/inc_/));
    expect(world.attention.incidents[0]).toMatchObject({ title: "Wrong version", severity: "high" });
    expect(await screen.findByRole("heading", { name: /Wrong version/, level: 1 })).toBeTruthy();
  });

  it("say when there is none at an address", async () => {
    open("/incidents/inc_nothing");
    expect(await screen.findByText("This incident does not exist")).toBeTruthy();
  });
});

describe("several incidents", () => {
  async function choose() {
    const opened = open();
    await opened.user.click(await screen.findByRole("button", { name: "Close several…" }));
    await opened.user.click(screen.getByRole("button", { name: "Choose all shown" }));
    await opened.user.type(screen.getByLabelText("Root cause of all of them"), "the disk was full");
    await opened.user.type(screen.getByLabelText("What was learned"), "watch the disk");
    return opened;
  }

  it("with one cause are closed in one go; what somebody wrote before is kept", async () => {
    const [first, second, third] = ["One", "Two", "Three"].map((title) => world.attention.open({ title }));
    world.attention.explain(second!, { analysis: "found by claude" }, ["agent", "claude"]);
    world.attention.learn(third!, "known before");
    const { user } = await choose();
    await user.click(screen.getByRole("checkbox", { name: "Choose One" }));
    expect(screen.getByText("2 chosen")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Close 2 incidents" }));
    expect((await screen.findByTestId("closed-many")).textContent).toBe("2 closed");
    expect([first, second, third].map((each) => each?.status)).toEqual(["open", "closed", "closed"]);
    expect(second?.rca).toMatchObject({ analysis: "found by claude" });
    expect(world.attention.learnings.map(({ note }) => note).toSorted()).toEqual(["known before", "watch the disk"]);
  });

  it("go on past one that is refused, and say what became of it", async () => {
    const [first, second, third] = ["One", "Two", "Three"].map((title) => world.attention.open({ title }));
    const { user, server } = await choose();
    server.use(
      http.post(`*/v1/incidents/${second?.incident_id}/close`, () =>
        HttpResponse.json({ error: "incident_held", message: "It is being looked at." }, { status: 409 }),
      ),
    );
    await user.click(screen.getByRole("button", { name: "Close 3 incidents" }));
    const told = await screen.findByTestId("closed-many");
    expect(told.textContent).toContain("2 closed, 1 failed");
    expect(told.textContent).toContain("Two: It is being looked at.");
    expect([first, second, third].map((each) => each?.status)).toEqual(["closed", "open", "closed"]);
    expect(screen.getByRole("button", { name: "Close 1 incident" })).toBeTruthy();
  });

  it("are left alone after a failure that would meet each of them", async () => {
    const incidents = ["One", "Two", "Three"].map((title) => world.attention.open({ title }));
    const { user, server } = await choose();
    server.use(
      http.post("*/v1/incidents/:id/rca", () =>
        HttpResponse.json({ error: "disk_full", message: "The disk is full.", hint: "Free some space." }, { status: 507 }),
      ),
    );
    await user.click(screen.getByRole("button", { name: "Close 3 incidents" }));
    const told = await screen.findByTestId("closed-many");
    expect(told.textContent).toContain("0 closed, 1 failed, 2 not tried");
    expect(told.textContent).toContain("The disk is full. Free some space.");
    expect(incidents.every((each) => each.status === "open")).toBe(true);
    expect(screen.getByText("3 chosen")).toBeTruthy();
  });

  it("are closed by the owner only", async () => {
    world.owner = false;
    world.attention.open({ title: "One" });
    world.attention.open({ title: "Two" });
    open();
    await screen.findByRole("link", { name: /One/ });
    expect(screen.queryByRole("button", { name: "Close several…" })).toBeNull();
  });
});

describe("an incident", () => {
  it("tells of the run that failed, and leads to the step that did", async () => {
    const run = world.createRun(world.createRoom("release").room_id, "Build the page", ["make"]);
    await play(world, run, { stepMs: 10, exit: 2, lines: [] }, Date.now());
    const { user, router } = open(at(world.attention.incidents[0]!));
    const failed = await screen.findByTestId("failed-run");
    expect(failed.textContent).toContain("the command exited with 2");
    await user.click(within(failed).getByRole("link", { name: "Show the step that failed" }));
    await waitFor(() => expect(router.state.location.pathname).toBe(`/runs/${run.run_id}`));
    expect((await screen.findByTestId("event-inspector")).dataset["eventType"]).toBe("tool.invoked");
  });

  it("is explained, learned from and closed in one go, once both conditions are met", async () => {
    const incident = world.attention.open();
    const { user } = open(at(incident));
    expect((await closeButton()).disabled).toBe(true);
    expect([condition("cause"), condition("learning")]).toEqual(["missing", "missing"]);
    await user.type(screen.getByLabelText("Root cause"), "compared as text");
    expect((await closeButton()).disabled).toBe(true);
    await user.type(screen.getByLabelText("What was learned"), "use ct_eq");
    expect([condition("cause"), condition("learning")]).toEqual(["typed", "typed"]);
    await user.click(await closeButton());
    await waitFor(() => expect(incident.status).toBe("closed"));
    expect(types()).toEqual(["incident.opened", "incident.rca.updated", "incident.learning.logged", "incident.closed"]);
    expect(await screen.findByText("use ct_eq", { selector: "p" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: CLOSE })).toBeNull();
  });

  it("is written down without being closed, and remembers what was not saved", async () => {
    const incident = world.attention.open();
    const { user, router } = open(at(incident));
    await user.type(await screen.findByLabelText("Root cause"), "compared as text");
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(condition("cause")).toBe("met"));
    expect(incident.status).toBe("open");
    await user.type(screen.getByLabelText("What was learned"), "half a");
    await act(() => router.navigate({ to: "/runs" }));
    await act(() => router.navigate({ to: "/incidents/$incidentId", params: { incidentId: incident.incident_id } }));
    expect((await screen.findByLabelText<HTMLTextAreaElement>("What was learned")).value).toBe("half a");
    expect(screen.getByLabelText<HTMLTextAreaElement>("Root cause").value).toBe("compared as text");
  });

  it("does not write twice what was written before a step was refused", async () => {
    const incident = world.attention.open();
    const { user, server } = open(at(incident));
    let full = true;
    server.use(
      http.post("*/v1/incidents/:id/close", () =>
        full ? HttpResponse.json({ error: "disk_full", message: "The disk is full.", hint: "Free some space." }, { status: 507 }) : undefined,
      ),
    );
    await user.type(await screen.findByLabelText("Root cause"), "why");
    await user.type(screen.getByLabelText("What was learned"), "what");
    await user.click(await closeButton());
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full.");
    full = false;
    await user.click(await screen.findByRole("button", { name: "Close incident" }));
    await waitFor(() => expect(incident.status).toBe("closed"));
    expect(world.attention.learnings).toHaveLength(1);
    expect(types().filter((type) => type === "incident.rca.updated")).toHaveLength(1);
  });

  it("keeps what somebody else wrote where nothing was typed", async () => {
    const incident = world.attention.open();
    open(at(incident));
    await screen.findByLabelText("Root cause");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    act(() => world.attention.explain(incident, { analysis: "found by claude" }, ["agent", "claude"]));
    await waitFor(() => expect(screen.getByLabelText<HTMLTextAreaElement>("Root cause").value).toBe("found by claude"));
  });

  it("is closed by the owner only, and says so beforehand", async () => {
    world.owner = false;
    open(at(world.attention.open()));
    expect(await screen.findByText("signalbox open")).toBeTruthy();
    expect(screen.getByRole("button", { name: "Save" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: CLOSE })).toBeNull();
  });
});
