import type { Approval } from "../../api/approvals";
import { formatArgv } from "../../text/argv";
import { fieldsOf, textOf, wordsOf } from "../../text/json";
import { strings } from "./strings";

/** The command that a request is about, as words. */
export const commandOf = ({ payload }: Pick<Approval, "payload">): string[] | null =>
  wordsOf(payload, "argv") ?? wordsOf(fieldsOf(payload)["command"], "argv");

export const directoryOf = ({ payload }: Pick<Approval, "payload">): string | null =>
  textOf(payload, "cwd") ?? textOf(fieldsOf(payload)["command"], "cwd");

/** A request in one line: its title, or what it would do. */
export function describeRequest(approval: Approval): string {
  const argv = commandOf(approval);
  // The title of a run's command is its words without quotes, which reads like another command.
  if (argv && approval.action === "command.execute") return formatArgv(argv);
  if (approval.title) return approval.title;
  if (argv) return formatArgv(argv);
  return approval.target ? `${approval.action} ${approval.target}` : approval.action;
}

/** How far it reaches, in words. */
export const reachOf = ({ scope }: Pick<Approval, "scope">): string => scopeWords(scope);

export function scopeWords(scope: Readonly<Record<string, unknown>>): string {
  const type = textOf(scope, "type") ?? "once";
  const words = strings.reachName[type] ?? type;
  const target = textOf(scope, "target");
  return target ? `${words} ${target}` : words;
}

const isEmpty = (value: unknown): boolean =>
  value === null || (typeof value === "object" && Object.keys(value).length === 0);
const isPlain = (value: unknown): boolean => typeof value === "object" && value !== null && !Array.isArray(value);
const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * Everything of a payload that the command, the directory and (where `withMethod`) the method do not say
 * already, as names and texts: variables of a command too. What is empty says nothing.
 */
export function contentLines(payload: unknown, withMethod: boolean): (readonly [name: string, text: string])[] {
  if (payload === null || payload === undefined) return [];
  if (!isPlain(payload)) return [[strings.content, asText(payload)]];
  const shown = new Set<string>(withMethod ? ["method"] : []);
  const at = wordsOf(payload, "argv") ? "" : wordsOf(fieldsOf(payload)["command"], "argv") ? "command." : null;
  if (at !== null) shown.add(`${at}argv`);
  // The directory is read at the top first, wherever the command stands.
  if (textOf(payload, "cwd")) shown.add("cwd");
  else if (textOf(fieldsOf(payload)["command"], "cwd")) shown.add("command.cwd");
  const inner = Object.entries(fieldsOf(payload)).flatMap(([name, value]): [string, unknown][] =>
    isPlain(value) ? Object.entries(fieldsOf(value)).map(([each, deep]) => [`${name}.${each}`, deep]) : [[name, value]],
  );
  return inner.filter(([name, value]) => !shown.has(name) && !isEmpty(value)).map(([name, value]) => [name, asText(value)]);
}
