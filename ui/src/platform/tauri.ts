import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { copyText } from "./clipboard";
import type { Connection, Diagnostics, Platform, RuntimeAction, RuntimeStatus } from "./types";

/** The desktop shell: it supervises the runtime itself, so its word is newer than the API's. */
export function desktop(): Platform {
  return {
    connection: () => invoke<Connection>("connection"),
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
    diagnostics: () => invoke<Diagnostics>("diagnostics"),
    openLogs: () => invoke<void>("open_logs"),
    ownerPath: null,
    copyText,
  };
}
