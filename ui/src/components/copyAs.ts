import { formatArgv } from "../text/argv";

/** What can be taken elsewhere as text: one thing of the log, by its id. */
export type Subject =
  | { kind: "run" | "approval" | "incident" | "task"; id: string }
  | { kind: "event"; id: string; type: string; roomId: string | null; runId: string | null }
  | { kind: "correlation"; id: string };

/** Where nothing says otherwise, the runtime listens here. */
export const DEFAULT_URL = "http://127.0.0.1:4242";

const part = encodeURIComponent;

function apiPath(subject: Subject): string {
  switch (subject.kind) {
    case "run":
      return `/v1/runs/${part(subject.id)}`;
    case "approval":
      return `/v1/approvals/${part(subject.id)}`;
    case "incident":
      return `/v1/incidents/${part(subject.id)}`;
    case "task":
      return `/tasks/${part(subject.id)}`;
    case "event":
      return `/v1/events/${part(subject.id)}`;
    case "correlation":
      return `/v1/events?correlation_id=${part(subject.id)}&limit=200`;
  }
}

function pagePath(subject: Subject): string {
  switch (subject.kind) {
    case "run":
      return `/runs/${part(subject.id)}`;
    case "approval":
      return `/approvals/${part(subject.id)}`;
    case "incident":
      return `/incidents/${part(subject.id)}`;
    case "task":
      return `/tasks?task=${part(subject.id)}`;
    case "event":
      return `${subject.roomId ? `/rooms/${part(subject.roomId)}` : "/timeline"}?event=${part(subject.id)}`;
    case "correlation":
      return `/correlation/${part(subject.id)}`;
  }
}

/** The token is named, never written out: what is copied ends in a chat or a ticket. */
export const curlOf = (subject: Subject, url: string): string =>
  `curl -s -H "Authorization: Bearer $SIGNALBOX_TOKEN" ${formatArgv([url + apiPath(subject)])}`;

/** The command that shows the same in a terminal; `null` where there is none. */
export function commandOf(subject: Subject): string | null {
  switch (subject.kind) {
    case "run":
      return formatArgv(["signalbox", "inspect", subject.id]);
    case "approval":
      return formatArgv(["signalbox", "approvals", "show", subject.id]);
    case "incident":
      return formatArgv(["signalbox", "incidents", "show", subject.id]);
    case "task":
      return formatArgv(["signalbox", "task", "show", subject.id]);
    case "event": {
      if (subject.runId) return formatArgv(["signalbox", "inspect", subject.runId]);
      const words = ["signalbox", "events", "--type", subject.type, "--json"];
      return formatArgv(subject.roomId ? [...words, "--room", subject.roomId] : words);
    }
    case "correlation":
      return null;
  }
}

/** An address that any browser on this machine opens; the page is served beside the API. */
export const linkOf = (subject: Subject, url: string): string => `${url}/app/#${pagePath(subject)}`;
