// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;

function open(path = "/engines") {
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

/** A run that a worker holds for some seconds more. */
function hold(title: string, worker: string, leftMs: number) {
  const run = world.createRun(world.createRoom(title).room_id, title, ["make"]);
  const now = Date.now();
  Object.assign(run, {
    status: "running",
    attempt_no: 2,
    claimed_by_actor_id: worker,
    lease_heartbeat_at: new Date(now + leftMs - 30_000).toISOString(),
    lease_expires_at: new Date(now + leftMs).toISOString(),
  });
}

const rowOf = async (name: string) => {
  const row = (await screen.findByText(name)).closest("li");
  if (!row) throw new Error(`no row of ${name}`);
  return within(row);
};

describe("the workers", () => {
  it("teach while there is none how to connect one", async () => {
    open();
    expect(await screen.findByText("No worker is connected")).toBeTruthy();
    expect(screen.getByText(/signalbox engines register builder --print-token/)).toBeTruthy();
  });

  it("show what each holds, those about to lose it first, with what is left in words", async () => {
    world.fleet.register("builder");
    hold("Calm", "builder", 25_000);
    hold("Urgent", "builder", 5000);
    open();
    await screen.findByText("Urgent");
    const held = [...document.querySelectorAll("[data-run-id]")].map((row) => row.textContent ?? "");
    expect(held[0]).toContain("Urgent");
    expect(held[0]).toMatch(/attempt 2.*\d s left/);
    expect(document.querySelector('[data-tone="caution"]')?.textContent).toContain("left");
    expect((await rowOf("builder")).getByText("2 runs held")).toBeTruthy();
  });

  it("are connected by a form that ends in a command; the token is shown once and masked", async () => {
    const { user, host } = open();
    await user.click(await screen.findByRole("button", { name: "Connect a worker" }));
    await user.type(await screen.findByLabelText("Name"), "night builder");
    await user.click(screen.getByRole("button", { name: "Register and show the command" }));
    const once = await screen.findByTestId("new-token");
    expect(once.textContent).toContain("night builder is shown this once");
    expect(once.textContent).not.toContain("engtok_0123456789abcdef");
    await user.click(within(once).getAllByRole("button", { name: "Copy" })[0] as HTMLElement);
    expect(host.copied.at(-1)).toBe("SIGNALBOX_TOKEN=engtok_0123456789abcdef signalbox worker --url http://signalbox.test");
    await user.click(within(once).getByRole("button", { name: "I have copied it" }));
    expect(screen.queryByTestId("new-token")).toBeNull();
    expect(await screen.findByText("night builder")).toBeTruthy();
  });

  it("get tokens, lose them, and are deactivated only after a second word", async () => {
    const engine = world.fleet.register("builder");
    const { user } = open();
    await user.click(await screen.findByRole("button", { name: /tokens of builder$/ }));
    await user.click(await screen.findByRole("button", { name: /^Revoke the token/ }));
    await screen.findByText(/^revoked/);
    expect(engine.live_tokens).toBe(0);
    await user.click(screen.getByRole("button", { name: "Issue a token" }));
    await screen.findByTestId("new-token");
    expect(engine.live_tokens).toBe(1);
    await user.click(screen.getByRole("button", { name: "Deactivate…" }));
    expect(engine.status).toBe("active");
    await user.click(screen.getByRole("button", { name: "Deactivate" }));
    await waitFor(() => expect(document.querySelector('[data-engine-status="inactive"]')).toBeTruthy());
    expect(engine.live_tokens).toBe(0);
  });

  it("are only looked at by whoever is not the owner", async () => {
    world.owner = false;
    world.fleet.register("builder");
    world.fleet.agent("claude");
    open();
    await screen.findByText("claude");
    for (const name of [/Connect/, /tokens of/, /Quarantine/]) expect(screen.queryByRole("button", { name })).toBeNull();
  });
});

describe("the agents", () => {
  it("are kept from acting with a reason, and released again", async () => {
    const agent = world.fleet.agent("claude");
    const { user } = open();
    await user.click((await rowOf("claude")).getByRole("button", { name: "Quarantine…" }));
    await user.type(screen.getByLabelText("Reason for the quarantine"), "wrote to the wrong list{Enter}");
    await screen.findByText("quarantined");
    expect(agent.quarantine_reason).toBe("wrote to the wrong list");
    await user.click((await rowOf("claude")).getByRole("button", { name: "Release" }));
    await screen.findByText("may act");
    expect(agent.quarantined_at).toBeNull();
  });

  it("are shown page after page when they are many", async () => {
    for (let at = 0; at < 60; at += 1) world.fleet.agent(`agent ${at}`);
    const { user } = open();
    await screen.findByText("agent 49");
    expect(screen.queryByText("agent 50")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Show earlier ones" }));
    await screen.findByText("agent 59");
    expect(screen.queryByRole("button", { name: "Show earlier ones" })).toBeNull();
  });
});
