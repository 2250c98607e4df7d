import { plural } from "../../text/measure";

export const strings = {
  needsYou: (count: number) => plural(count, "needs you", "need you"),
  nothing: "Nothing needs you",
  killSwitch: "Kill switch",
  killSwitchOn: "Kill switch: on, turn off…",
  killSwitchUnreachable: "Kill switch: the runtime cannot be reached",
  killSwitchNotYours: "Kill switch: only the owner’s",
  killSwitchFailed: "The kill switch is not on.",
  open: "Open",
  later: "In 15 minutes",
  asks: "Waits for your approval",
  wantsKey: (name: string) => `${name} wants a key`,
  signature: (words: string) => `Signature: ${words}`,
  runFailed: "A run failed",
  incident: "An incident is open",
  saidBy: (name: string, words: string) => `${name}: ${words}`,
  digest: (count: number) => plural(count, "thing needs you", "things need you"),
  approvals: (count: number) => plural(count, "approval", "approvals"),
  failures: (count: number) => plural(count, "failure", "failures"),
} as const;
