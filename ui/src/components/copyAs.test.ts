import { describe, expect, it } from "vitest";
import { commandOf, curlOf, linkOf, type Subject } from "./copyAs";

const URL = "http://127.0.0.1:4242";
const event: Subject = { kind: "event", id: "e 1", type: "run.failed", roomId: "room_1", runId: null };

describe("what is copied", () => {
  it("names the token and never holds one", () => {
    expect(curlOf({ kind: "run", id: "run_1" }, URL)).toBe(
      'curl -s -H "Authorization: Bearer $SIGNALBOX_TOKEN" http://127.0.0.1:4242/v1/runs/run_1',
    );
  });

  it("is one word for the shell, whatever an id holds", () => {
    expect(curlOf({ kind: "correlation", id: "a'b; rm -rf ~" }, URL)).toContain(
      "'http://127.0.0.1:4242/v1/events?correlation_id=a'\\''b%3B%20rm%20-rf%20~&limit=200'",
    );
    expect(commandOf({ kind: "approval", id: "$(id)" })).toBe("signalbox approvals show '$(id)'");
  });

  it("is the command that shows the same", () => {
    expect(commandOf({ kind: "run", id: "run_1" })).toBe("signalbox inspect run_1");
    expect(commandOf(event)).toBe("signalbox events --type run.failed --json --room room_1");
    expect(commandOf({ ...event, runId: "run_1" })).toBe("signalbox inspect run_1");
    expect(commandOf({ kind: "correlation", id: "c" })).toBeNull();
  });

  it("is a link to where it is seen", () => {
    expect(linkOf({ kind: "incident", id: "inc_1" }, URL)).toBe(`${URL}/app/#/incidents/inc_1`);
    expect(linkOf(event, URL)).toBe(`${URL}/app/#/rooms/room_1?event=e%201`);
    expect(linkOf({ ...event, roomId: null }, URL)).toBe(`${URL}/app/#/timeline?event=e%201`);
  });
});
