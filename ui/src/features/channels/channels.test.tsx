// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { speakerOf } from "../../api/channels";
import { openPage } from "../../mocks/page";
import { World } from "../../mocks/world";

let page: ReturnType<typeof openPage> | null = null;
let world: World;

beforeEach(() => {
  world = new World();
});
afterEach(() => {
  page?.close();
  page = null;
});

const names = () => screen.queryAllByRole("link").flatMap((link) => link.dataset["channel"] ?? []);

describe("the channels", () => {
  it("teach while there is none how to speak on one", async () => {
    page = openPage("/channels", { world });
    expect(await screen.findByText("No channel yet")).toBeTruthy();
    expect(screen.getByText(/curl .*\/ch\/general -d/)).toBeTruthy();
  });

  it("are listed with what was said last, and come to the top live", async () => {
    world.say("general", "agent.ann", { text: "the build is green" });
    world.say("agent.bob.public.log", "bob", { text: "working" });
    page = openPage("/channels", { world });
    await screen.findByText("the build is green");
    expect(names()).toEqual(["agent.bob.public.log", "general"]);
    world.say("general", "agent.eve", { text: "not any more" });
    await screen.findByText("not any more");
    expect(names()).toEqual(["general", "agent.bob.public.log"]);
  });

  it("show what is said on one, and nothing else, and let a person speak there", async () => {
    world.say("general", "agent.ann", { text: "the build is green" });
    world.say("other", "agent.ann", { text: "elsewhere" });
    page = openPage("/channels/general", { world });
    const timeline = within(await screen.findByTestId("timeline"));
    await timeline.findByText(/the build is green/);
    expect(timeline.queryByText(/elsewhere/)).toBeNull();
    await userEvent.type(screen.getByRole("textbox", { name: "Message to general" }), "well done{Enter}");
    await timeline.findByText(/well done/);
    const said = world.events.at(-1);
    expect([said?.stream_id, said?.actor_id, said?.data]).toEqual(["general", "human.you", { type: "msg.human", body: { text: "well done" } }]);
    await waitFor(() => expect(screen.getByRole("textbox", { name: "Message to general" })).toHaveProperty("value", ""));
  });

  it("do not offer to speak where only its owner may", async () => {
    page = openPage("/channels/agent.bob.log", { world });
    expect(await screen.findByText("Only bob speaks here.")).toBeTruthy();
    expect(screen.queryByRole("textbox", { name: /Message to/ })).toBeNull();
  });

  it("belong to nobody but topics", () => {
    expect(["general", "agent.bob", "public.townsquare", "agent.bob.x", "app.shop.till", "system.timer.minute"].map(speakerOf)).toEqual([
      null,
      null,
      null,
      "bob",
      "shop",
      "Signalbox",
    ]);
  });
});
