import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { copyText } from "./clipboard";
import type {
  Choice,
  Connection,
  DatabaseFacts,
  Diagnostics,
  Platform,
  RuntimeAction,
  RuntimeStatus,
} from "./types";

/** The API may be hung: the report does not wait longer for its part. */
const DATABASE_TIMEOUT_MS = 1500;

/** The shell's report, which needs no API; what only the API knows is added while it answers. */
async function diagnostics(): Promise<Diagnostics> {
  const report = await invoke<Diagnostics>("diagnostics");
  return report.database ? report : { ...report, database: await database() };
}

async function database(): Promise<DatabaseFacts | null> {
  try {
    const { url, token } = await invoke<Connection>("connection");
    if (!url) return null;
    const response = await fetch(`${url}/v1/diagnostics`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(DATABASE_TIMEOUT_MS),
    });
    return response.ok ? ((await response.json()) as Diagnostics).database : null;
  } catch {
    // What is wrong with the API is in the report already.
    return null;
  }
}

/** Listens until the returned function is called, also when that is before the shell has answered. */
function listenUntil<T>(name: string, heard: (payload: T) => void): () => void {
  let ended = false;
  let unlisten: (() => void) | undefined;
  void listen<T>(name, (event) => {
    if (!ended) heard(event.payload);
  }).then((stop) => {
    if (ended) stop();
    else unlisten = stop;
  });
  return () => {
    ended = true;
    unlisten?.();
  };
}

async function support() {
  return (await invoke<boolean>("notifications_are_shown")) ? "shown" : "none";
}

/** The desktop shell: it supervises the runtime itself, so its word is newer than the API's. */
export function desktop(): Platform {
  return {
    connection: () => invoke<Connection>("connection"),
    keepProof: null,
    watchRuntime(listener) {
      let ended = false;
      let unlisten: (() => void) | undefined;
      const tell = (status: RuntimeStatus) => {
        if (!ended) listener({ kind: "known", status });
      };
      // Subscribe first, then ask: a change in between is told twice rather than not at all.
      void listen<RuntimeStatus>("runtime-status", (event) => tell(event.payload))
        .then((stop) => {
          if (ended) stop();
          else unlisten = stop;
        })
        .then(() => invoke<RuntimeStatus>("runtime_status"))
        .then(tell)
        .catch(() => {
          if (!ended) listener({ kind: "unreachable", since: Date.now(), last: null });
        });
      return () => {
        ended = true;
        unlisten?.();
      };
    },
    act: (action: RuntimeAction) => invoke<void>("runtime_action", { action }),
    diagnostics,
    openLogs: () => invoke<void>("open_logs"),
    ownerPath: null,
    copyText,
    showAttention: (attention) => invoke<void>("show_attention", { attention }),
    bringToFront: () => invoke<void>("bring_to_front"),
    watchChoices(listener: (choice: Choice) => void) {
      const ends = [
        listenUntil<{ id: string }>("attention-chosen", ({ id }) => listener({ kind: "entry", id })),
        listenUntil<{ id: string; button: string | null }>("notification-pressed", (pressed) =>
          listener({ kind: "note", ...pressed }),
        ),
      ];
      return () => ends.forEach((end) => end());
    },
    notifications: {
      support,
      ask: support,
      show: async (note) => void (await invoke<boolean>("notify", { note })),
      withdraw: (id) => invoke<void>("withdraw_notification", { id }),
    },
  };
}
