import type { Approval } from "../../api/approvals";
import { formatArgv } from "../../text/argv";
import { fieldsOf, textOf, wordsOf } from "../../text/json";
import { strings } from "./strings";

/** The command that a request is about, as words. */
export const commandOf = ({ payload }: Approval): string[] | null =>
  wordsOf(payload, "argv") ?? wordsOf(fieldsOf(payload)["command"], "argv");

export const directoryOf = ({ payload }: Approval): string | null =>
  textOf(payload, "cwd") ?? textOf(fieldsOf(payload)["command"], "cwd");

/** A request in one line: its title, or what it would do. */
export function describeRequest(approval: Approval): string {
  const argv = commandOf(approval);
  if (approval.title) return approval.title;
  if (argv) return formatArgv(argv);
  return approval.target ? `${approval.action} ${approval.target}` : approval.action;
}

/** How far it reaches, in words. */
export function reachOf({ scope }: Pick<Approval, "scope">): string {
  const type = textOf(scope, "type") ?? "once";
  const words = strings.reachName[type] ?? type;
  const target = textOf(scope, "target");
  return target ? `${words} ${target}` : words;
}
