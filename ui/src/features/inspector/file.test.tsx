// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TEXT_BYTES_MAX } from "../../api/files";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;
const named = (digit: string) => `sha256:${digit.repeat(64)}`;
const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0]);

function open(path: string) {
  page = openPage(path, { world });
  return page;
}
const inspect = async (name: string) => {
  open(`/timeline?file=${name}`);
  return within(await screen.findByTestId("file-inspector"));
};

beforeEach(() => {
  world = new World();
  // jsdom has no addresses of blobs.
  vi.stubGlobal("URL", Object.assign(URL, { createObjectURL: () => "blob:made", revokeObjectURL: () => undefined }));
});
afterEach(() => {
  page?.close();
  page = null;
  vi.unstubAllGlobals();
});

describe("a file in the inspector", () => {
  it("is a text as it stands, and nothing of it is run", async () => {
    const file = await inspect(world.board.keep(named("a"), "text/html", "<h1>Hi</h1><script>globalThis.hit = 1</script>"));
    expect((await file.findByTestId("file-text")).textContent).toContain("<script>");
    expect(file.queryByRole("heading", { name: "Hi" })).toBeNull();
    expect(file.getByText("text/html")).toBeTruthy();
    expect("hit" in globalThis).toBe(false);
  });

  it("is Markdown, rendered or as a text", async () => {
    const file = await inspect(world.board.keep(named("a"), "text/plain", "# Report\n\nAll **well**."));
    expect((await file.findByText("well")).tagName).toBe("STRONG");
    await page?.user.click(file.getByRole("radio", { name: "Text" }));
    expect(file.getByTestId("file-text").textContent).toContain("**well**");
  });

  it("is JSON as a tree", async () => {
    const file = await inspect(world.board.keep(named("a"), "text/plain", '{"where":"hall"}'));
    expect(await file.findByText("hall")).toBeTruthy();
    expect(file.getByRole("radio", { name: "Tree" })).toBeTruthy();
  });

  it("is a picture by its own bytes, whatever it is called", async () => {
    const file = await inspect(world.board.keep(named("a"), "text/html", PNG));
    expect((await file.findByRole("img", { name: "Picture aaaaaaaa" })).getAttribute("src")).toBe("blob:made");
  });

  it("above the limit is shown in its beginning, with the limit and the way to the rest", async () => {
    const file = await inspect(world.board.keep(named("a"), "text/plain", "x".repeat(TEXT_BYTES_MAX + 1)));
    expect(await file.findByText(/The first 16.0 KB of 1.0 MB: a text above 1.0 MB is not shown whole/)).toBeTruthy();
    expect((await file.findByTestId("file-text")).textContent).toHaveLength(16 * 1024);
    expect(file.getByRole("button", { name: "Download" })).toBeTruthy();
  });

  it("of another kind says its type, its size and its hash, and offers the download", async () => {
    const file = await inspect(world.board.keep(named("a"), "application/zip", Uint8Array.from([0x50, 0x4b, 3, 4, 0, 255])));
    expect(await file.findByText(/There is no preview of this kind/)).toBeTruthy();
    expect(file.getByText("application/zip")).toBeTruthy();
    expect(file.getByText("6 B (6 B)")).toBeTruthy();
  });

  it("may be empty, absent, or no file at all", async () => {
    expect(await (await inspect(world.board.keep(named("a"), "text/plain", ""))).findByText("The file is empty.")).toBeTruthy();
    page?.close();
    expect(await (await inspect(named("b"))).findByText("There is no such file here.")).toBeTruthy();
    page?.close();
    open("/timeline?file=..%2Fsecret");
    expect(await screen.findByText("This is no name of a file.")).toBeTruthy();
  });
});

describe("files where they are named", () => {
  it("are chips in the timeline that open into the inspector", async () => {
    const name = world.board.keep(named("c"), "text/plain; charset=utf-8", "the report");
    world.append({
      type: "channel.message.published",
      channel: "general",
      actor: ["agent", "agent.ann"],
      data: { type: "msg.agent", body: { text: "done" }, files: [name] },
    });
    const { user, router } = open("/timeline");
    await user.click(await screen.findByRole("button", { name: /^File ?cccccccc text\/plain · 10 B$/ }));
    await waitFor(() => expect(router.state.location.search).toMatchObject({ file: name }));
    expect((await screen.findByTestId("file-text")).textContent).toBe("the report");
  });

  it("have a preview of their own in the details of an event and of a task", async () => {
    const name = world.board.keep(named("c"), "text/plain", "the report");
    const task = world.board.create("Sweep", { status: "done", claimed_by: "agent.bob", result: "{}", files: [name] });
    const { user } = open(`/tasks?task=${task.id}`);
    const details = within(await screen.findByTestId("task-inspector"));
    await user.click(await details.findByRole("button", { name: "Preview: cccccccc" }));
    expect((await details.findByTestId("file-text")).textContent).toBe("the report");
    await user.click(details.getByRole("button", { name: "Hide: cccccccc" }));
    expect(details.queryByTestId("file-text")).toBeNull();
  });
});
