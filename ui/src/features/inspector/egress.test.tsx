// @vitest-environment jsdom
import { screen, waitFor, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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

function sent(type: string, data: object) {
  const event = world.append({ type, actor: ["service", "signalbox"], data: { egress_request_id: "egr_1", target_domain: "api.example.com", ...data } });
  page = openPage(`/timeline?event=${event.event_id}`, { world });
  return page;
}

const inspector = () => screen.findByTestId("event-inspector");

describe("a request that Signalbox sent", () => {
  it("shows its status, and the answer that was kept", async () => {
    const blob = `sha256:${"ab".repeat(32)}`;
    world.blobs.set(blob, '{"hello":"world"}');
    const answer = { http_status: 201, response_bytes: 17, response_blob: blob, response_headers: { "content-type": "application/json" } };
    const { user } = sent("egress.request.performed", answer);
    const shown = within(await inspector());
    expect((await inspector()).textContent).toContain("was answered 201 by api.example.com");
    const kept = within(await shown.findByTestId("artifact"));
    expect(kept.getByText("application/json · 17 B")).toBeTruthy();
    await user.click(kept.getByRole("button", { name: "Preview" }));
    await waitFor(() => expect(screen.getByTestId("artifact").textContent).toContain("world"));
  });

  it("that failed says why, and offers no answer", async () => {
    sent("egress.request.failed", { code: "timed_out", message: "The other side took too long.", sent: "unknown" });
    const text = (await inspector()).textContent;
    expect(text).toContain("got no answer to keep from api.example.com");
    expect(text).toContain("The other side took too long.");
    expect(screen.queryByTestId("artifact")).toBeNull();
  });

  it("is told when it begins", async () => {
    sent("egress.request.started", {});
    expect((await inspector()).textContent).toContain("began to send a request to api.example.com");
  });
});
