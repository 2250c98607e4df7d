import { createMemoryHistory } from "@tanstack/react-router";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { setupServer } from "msw/node";
import { App } from "../app/App";
import { makeRouter } from "../app/router";
import type { Attention, Choice, Note, NotificationSupport, Platform, RuntimeStatus, RuntimeView } from "../platform";
import { handlers } from "./handlers";
import { diagnostics, healthy } from "./runtime";
import { World } from "./world";

const URL_OF_API = "http://signalbox.test";

export interface TestHost extends Platform {
  /** How often somebody began to watch the runtime. */
  watched: number;
  acted: unknown[];
  copied: string[];
  /** Proofs of sessions that were opened. */
  proofs: string[];
  /** What is to be seen outside the page now. */
  attention: Attention | null;
  /** How often the page was brought to the front. */
  brought: number;
  support: NotificationSupport;
  /** Notifications on the screen. */
  notes: Map<string, Note>;
  tell(view: RuntimeView): void;
  choose(choice: Choice): void;
}

/** A host whose runtime says what the test wants it to say. */
export function testHost(world: World, status: RuntimeStatus = healthy()): TestHost {
  let view: RuntimeView = { kind: "known", status };
  const listeners = new Set<(view: RuntimeView) => void>();
  const acted: unknown[] = [];
  const copied: string[] = [];
  const proofs: string[] = [];
  const notes = new Map<string, Note>();
  const choosers = new Set<(choice: Choice) => void>();
  const host: TestHost = {
    attention: null,
    brought: 0,
    support: "shown",
    notes,
    watched: 0,
    acted,
    copied,
    proofs,
    tell(next) {
      view = next;
      for (const listener of listeners) listener(next);
    },
    choose(choice) {
      for (const listener of choosers) listener(choice);
    },
    async showAttention(attention) {
      this.attention = attention;
    },
    async bringToFront() {
      this.brought += 1;
    },
    watchChoices(listener) {
      choosers.add(listener);
      return () => choosers.delete(listener);
    },
    notifications: {
      async support() {
        return host.support;
      },
      async ask() {
        host.support = "shown";
        return host.support;
      },
      show: async (note) => void notes.set(note.id, note),
      withdraw: async (id) => void notes.delete(id),
    },
    connection: async () => ({ url: URL_OF_API, token: "token" }),
    keepProof: (proof) => void proofs.push(proof),
    watchRuntime(listener) {
      this.watched += 1;
      listeners.add(listener);
      listener(view);
      return () => listeners.delete(listener);
    },
    act: async (action) => void acted.push(action),
    diagnostics: async () => diagnostics(view.kind === "known" ? view.status : healthy(), world),
    openLogs: null,
    ownerPath: { command: "signalbox open" },
    copyText: async (text) => void copied.push(text),
  };
  return host;
}

/** The whole interface at one address, on a world of its own. */
export function openPage(path: string, { world = new World(), status }: { world?: World; status?: RuntimeStatus } = {}) {
  const server = setupServer(...handlers(world));
  server.listen({ onUnhandledRequest: "error" });
  const host = testHost(world, status);
  const router = makeRouter(createMemoryHistory({ initialEntries: [path] }));
  const page = render(<App platform={host} router={router} />);
  return {
    world,
    host,
    server,
    router,
    user: userEvent.setup(),
    close() {
      page.unmount();
      server.close();
    },
  };
}
