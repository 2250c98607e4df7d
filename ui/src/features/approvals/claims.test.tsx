// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;

function open(path = "/approvals") {
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

const cardOf = async (name: string) => within(await screen.findByRole("article", { name: `${name} wants a key on this machine` }));
const badge = () => document.querySelector('[data-need="approvals"]')?.textContent;

describe("claims of keys", () => {
  it("wait among the approvals, with what is compared and what would end", async () => {
    world.keys.request("bob", { signature: "blue-otter-nine", replaces_key: true });
    world.keys.request("eve");
    open();
    const bob = await cardOf("bob");
    expect(bob.getByText("blue-otter-nine")).toBeTruthy();
    expect(bob.getByText(/Confirm only when bob was told the same signature/)).toBeTruthy();
    expect(bob.getByText(/the present key ends at once/)).toBeTruthy();
    expect((await cardOf("eve")).queryByText(/the present key ends/)).toBeNull();
    expect(badge()).toContain("2 requests wait for you");
  });

  it("appear live, are confirmed, and are kept in the history", async () => {
    const { user } = open();
    await screen.findByText("Nothing waits for you");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    const claim = world.keys.request("bob");
    await user.click((await cardOf("bob")).getByRole("button", { name: "Confirm" }));
    expect(await screen.findByText("Confirmed: bob can fetch the key now.")).toBeTruthy();
    expect(claim.state).toBe("confirmed");
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
    expect(badge()).not.toContain("wait");
    await user.click(screen.getByRole("radio", { name: "Decided" }));
    expect((await cardOf("bob")).getByText("confirmed")).toBeTruthy();
    world.keys.answer(claim, "used");
    expect(await (await cardOf("bob")).findByText("key fetched")).toBeTruthy();
  });

  it("are answered by their keys, and only the one that has the focus", async () => {
    world.gate.request({ title: "Send it" });
    const second = world.keys.request("eve");
    const first = world.keys.request("bob");
    const { user } = open();
    await cardOf("bob");
    await user.keyboard("c");
    expect(first.state, "the first press only goes there").toBe("pending");
    expect(document.activeElement?.getAttribute("aria-label")).toContain("bob");
    await user.keyboard("r");
    await waitFor(() => expect(first.state).toBe("refused"));
    await waitFor(() => expect(document.activeElement?.getAttribute("aria-label")).toContain("eve"));
    expect(second.state).toBe("pending");
    await user.keyboard("a");
    expect(second.state, "the keys of approvals answer no claim").toBe("pending");
  });

  it("say what happened when somebody else has answered", async () => {
    const claim = world.keys.request("bob");
    const { user } = open();
    const confirm = (await cardOf("bob")).getByRole("button", { name: "Confirm" });
    claim.state = "refused";
    await user.click(confirm);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The claim is refused.");
    expect(alert.textContent).toContain("Whoever wants a key asks again.");
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
  });

  it("leave by themselves when they end", async () => {
    const claim = world.keys.request("bob", { expires_at: new Date(Date.now() + 300).toISOString() });
    open();
    await cardOf("bob");
    claim.state = "expired";
    await waitFor(() => expect(screen.queryByRole("article")).toBeNull());
  });

  it("are not shown to anybody but the owner", async () => {
    world.owner = false;
    world.keys.request("bob");
    open();
    await screen.findByText("Nothing waits for you");
    expect(screen.queryByRole("article")).toBeNull();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("ring, and stop to when they are answered", async () => {
    const { host } = open("/timeline");
    await waitFor(() => expect(screen.getByTestId("runtime-badge").dataset["live"]).toBe("live"));
    const claim = world.keys.request("bob");
    await waitFor(() => expect([...host.notes.values()].map((note) => note.title)).toEqual(["bob wants a key"]));
    world.keys.answer(claim, "refused");
    await waitFor(() => expect(host.notes.size).toBe(0));
  });
});
