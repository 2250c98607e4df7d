// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { play } from "../../mocks/script";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
let room: string;

function open() {
  page = openPage("/pipeline", { world });
  return page;
}

beforeEach(() => {
  world = new World();
  room = world.createRoom("release").room_id;
});
afterEach(() => {
  page?.close();
  page = null;
});

const column = (name: string) => screen.findByRole("region", { name: new RegExp(`^${name}`) });
const past = async (title: string, exit: number) => {
  const run = world.createRun(room, title, ["make"]);
  await play(world, run, { stepMs: 10, exit, lines: [] }, Date.now() - 1000);
  return run;
};

describe("the board", () => {
  it("teaches while it is empty: what will appear, and what makes it appear", async () => {
    open();
    expect(await screen.findByText("Nothing is under way")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Start something" })).toBeTruthy();
  });

  it("puts each thing into its column, with its state, its room and what belongs to it", async () => {
    const failed = await past("Broken", 1);
    await past("Fine", 0);
    world.gate.request({ title: "May I?", room_id: room });
    open();
    expect(within(await column("Set back")).getByRole("link", { name: "Broken" })).toBeTruthy();
    expect((await column("To review")).textContent).toContain("succeeded");
    expect((await column("Waits for approval")).textContent).toContain("release");
    const card = within(await column("Set back")).getByRole("article");
    expect(within(card).getByRole("link", { name: "Evidence" }).getAttribute("href")).toContain(`/runs/${failed.run_id}`);
    expect(within(await column("Inbox")).getByText(/nothing was started for/)).toBeTruthy();
  });

  it("is live: a card moves as its run goes on, and the reader's place moves with it", async () => {
    const run = world.createRun(room, "Moving", ["make"]);
    open();
    const link = within(await column("In work")).getByRole("link", { name: "Moving" });
    link.focus();
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    await play(world, run, { stepMs: 1, exit: 0, lines: [] }, Date.now());
    await waitFor(async () => expect(within(await column("To review")).getByRole("link", { name: "Moving" })).toBeTruthy());
    expect(document.activeElement?.textContent).toBe("Moving");
  });

  it("says how many a column holds, and that not all of them are shown", async () => {
    for (let at = 0; at < 60; at += 1) world.createRun(room, `run ${at}`, ["make"]);
    const { user } = open();
    expect((await column("In work")).textContent).toContain("The newest 50 of 60");
    await user.click(within(await column("In work")).getByRole("button", { name: "Show more" }));
    await waitFor(async () => expect(within(await column("In work")).getAllByRole("article")).toHaveLength(60));
    expect((await column("In work")).textContent).not.toContain("The newest");
  });

  it("is walked by keyboard: between columns, within them, past empty ones", async () => {
    await past("Broken", 1);
    const now = Date.now();
    world.gate.request({ title: "First" }, now);
    world.gate.request({ title: "Second" }, now + 1);
    const { user, router } = open();
    await column("Set back");
    const focused = () => document.activeElement?.textContent;
    await user.keyboard("j");
    expect(focused()).toBe("Second");
    await user.keyboard("j");
    expect(focused()).toBe("First");
    await user.keyboard("l");
    expect(focused()).toBe("Broken");
    await user.keyboard("l");
    expect(focused()).toBe("Broken");
    await user.keyboard("hk");
    expect(focused()).toBe("Second");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(router.state.location.pathname).toMatch(/^\/approvals\/appr_/));
  });

  it("says what failed and offers to try again", async () => {
    const { server } = open();
    server.use(
      http.get("*/v1/pipeline/projection", () =>
        HttpResponse.json({ error: "projection_unavailable", message: "The board cannot be read." }, { status: 400 }),
      ),
    );
    world.createRun(room, "now", ["make"]);
    expect((await screen.findByRole("alert")).textContent).toContain("The board cannot be read.");
    expect(screen.getByRole("button", { name: "Try again" })).toBeTruthy();
  });

  it("is reached by its key and from the palette", async () => {
    page = openPage("/timeline", { world });
    await screen.findByRole("heading", { name: "Timeline", level: 1 });
    await page.user.keyboard("gp");
    expect(await screen.findByRole("heading", { name: "Pipeline", level: 1 })).toBeTruthy();
  });
});
