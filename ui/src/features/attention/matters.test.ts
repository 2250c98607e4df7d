import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../api/types";
import { World } from "../../mocks/world";
import { readEvent } from "./matters";

function event(type: string, data: unknown, run?: string): LogEvent {
  return new World().append({ type, run, data, actor: ["agent", "claude"] });
}

const told = (type: string, data: unknown, run?: string): string => {
  const reading = readEvent(event(type, data, run));
  if (!reading) return "nothing";
  if (reading.kind === "settles") return `settles ${reading.href}`;
  const { reason, href, title, body } = reading.matter;
  return `${reason} ${href} | ${title} | ${body}`;
};

describe("what of the log rings", () => {
  it.each([
    ["approval.requested", { approval_id: "appr_1", action: "email.send", target: "ada@a.example" }, undefined, "blocked /approvals/appr_1 | Waits for your approval | claude: email.send ada@a.example"],
    ["approval.requested", { approval_id: "appr_1", action: "email.send", title: "Tell Ada" }, undefined, "blocked /approvals/appr_1 | Waits for your approval | claude: Tell Ada"],
    ["approval.requested", { approval_id: "appr_1", action: "command.execute", payload: { command: { argv: ["rm", "a b"] } } }, undefined, "blocked /approvals/appr_1 | Waits for your approval | claude: rm 'a b'"],
    ["approval.requested", {}, undefined, "nothing"],
    ["approval.joined", { approval_id: "appr_1" }, undefined, "nothing"],
    ["approval.decided", { approval_id: "appr_1", decision: "hold" }, undefined, "settles /approvals/appr_1"],
    ["approval.consumed", { approval_id: "appr_1" }, undefined, "settles /approvals/appr_1"],
    ["approval.expired", { approval_id: "appr_1" }, undefined, "settles /approvals/appr_1"],
    ["run.failed", { message: "exit 1" }, "run_1", "failed /runs/run_1 | A run failed | exit 1"],
    ["run.failed", { message: "late", error: { code: "approval_expired" } }, "run_1", "failed /runs/run_1 | A run failed | late"],
    ["run.failed", { message: "no", error: { code: "approval_denied" } }, "run_1", "nothing"],
    ["run.cancelled", {}, "run_1", "nothing"],
    ["run.completed", {}, "run_1", "nothing"],
    ["incident.opened", { incident_id: "inc_1", title: "Disk full" }, undefined, "failed /incidents/inc_1 | An incident is open | Disk full"],
    ["incident.opened", { incident_id: "inc_1", title: "Failed" }, "run_1", "failed /runs/run_1 | An incident is open | Failed"],
    ["incident.closed", { incident_id: "inc_1" }, undefined, "settles /incidents/inc_1"],
    ["incident.closed", { incident_id: "inc_1" }, "run_1", "settles /runs/run_1"],
    ["tool.failed", { tool_call_id: "tc_1" }, "run_1", "nothing"],
    ["policy.denied", {}, undefined, "nothing"],
  ])("%s %j of %s", (type, data, run, expected) => expect(told(type, data, run)).toBe(expected));

  it("names an address that stays one whatever an id says", () => {
    expect(told("approval.decided", { approval_id: "../settings?x" })).toBe("settles /approvals/..%2Fsettings%3Fx");
  });
});
