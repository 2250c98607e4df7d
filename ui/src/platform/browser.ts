import { copyText } from "./clipboard";
import { proofHeaders, sessionProof } from "./proof";
import { strings } from "./strings";
import type { Choice, Diagnostics, Platform, RuntimeAction, RuntimeStatus } from "./types";
import { webNotifications } from "./webNotifications";

/** How often a browser asks for the runtime's state; the shell pushes instead. */
const RUNTIME_POLL_MS = 2000;
/** After this the question counts as unanswered. */
const RUNTIME_TIMEOUT_MS = 4000;

/** A larger count says no more than this. */
const COUNT_SHOWN = 99;

/** A page served by the daemon: everything comes over HTTP from where the page came from. */
export function browser(origin: string = window.location.origin): Platform {
  const proof = sessionProof();

  async function ask<T>(path: string, action?: RuntimeAction): Promise<T> {
    const json: Record<string, string> = action ? { "content-type": "application/json" } : {};
    const response = await fetch(`${origin}${path}`, {
      method: action ? "POST" : "GET",
      headers: { ...proofHeaders(proof.read()), ...json },
      body: action ? JSON.stringify(action) : null,
      credentials: "same-origin",
      signal: AbortSignal.timeout(RUNTIME_TIMEOUT_MS),
    });
    const body: unknown = await response.json().catch(() => null);
    if (!response.ok) throw body ?? new Error(`${response.status} ${response.statusText}`);
    return body as T;
  }

  const title = document.title;
  const choices = new Set<(choice: Choice) => void>();

  return {
    connection: async () => ({ url: origin, token: null, proof: proof.read() }),
    keepProof: proof.keep,
    watchRuntime(listener) {
      let ended = false;
      let last: RuntimeStatus | null = null;
      let lostAt: number | null = null;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const poll = async () => {
        try {
          last = await ask<RuntimeStatus>("/v1/runtime");
          lostAt = null;
          if (!ended) listener({ kind: "known", status: last });
        } catch {
          lostAt ??= Date.now();
          if (!ended) listener({ kind: "unreachable", since: lostAt, last });
        }
        if (!ended) timer = setTimeout(poll, RUNTIME_POLL_MS);
      };
      void poll();
      return () => {
        ended = true;
        clearTimeout(timer);
      };
    },
    async act(action: RuntimeAction) {
      await ask<unknown>("/v1/runtime/actions", action);
    },
    diagnostics: () => ask<Diagnostics>("/v1/diagnostics"),
    openLogs: null,
    ownerPath: { command: strings.becomeOwner },
    copyText,
    async showAttention({ count }) {
      document.title = count > 0 ? `(${count > COUNT_SHOWN ? `${COUNT_SHOWN}+` : count}) ${title}` : title;
      // Only installed pages have a badge; where there is none, the title says it.
      await navigator.setAppBadge?.(count).catch(() => undefined);
    },
    bringToFront: async () => window.focus(),
    watchChoices(listener) {
      choices.add(listener);
      return () => choices.delete(listener);
    },
    notifications: webNotifications((choice) => choices.forEach((listener) => listener(choice))),
  };
}
