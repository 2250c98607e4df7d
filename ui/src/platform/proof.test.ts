// @vitest-environment jsdom
import { afterEach, describe, expect, it, vi } from "vitest";
import { Api } from "../api/client";
import { browser } from "./browser";

const HEADER = "x-session-proof";

/** The proofs that requests show, in order. */
function record(): (string | null)[] {
  const shown: (string | null)[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo, init?: RequestInit) => {
    const headers = input instanceof Request ? input.headers : new Headers(init?.headers);
    shown.push(headers.get(HEADER));
    return Response.json({ rooms: [] });
  });
  return shown;
}

afterEach(() => vi.unstubAllGlobals());

describe("the proof of a session", () => {
  it("is shown by every request of the page, from the moment on that it is kept", async () => {
    const shown = record();
    const host = browser("http://signalbox.test");
    const api = new Api(host);
    const everything = async () => {
      await api.call((client) => client.GET("/v1/rooms", {}));
      await api.blob("sha256:00");
      await host.diagnostics();
      await host.act({ kind: "retry" });
      const { url, headers } = await api.reach();
      await fetch(`${url}/v1/streams/workspace`, { headers });
    };
    await everything();
    expect(shown).toEqual([null, null, null, null, null]);
    host.keepProof?.("proof_1");
    shown.length = 0;
    await everything();
    expect(shown).toEqual(["proof_1", "proof_1", "proof_1", "proof_1", "proof_1"]);
  });

  it("outlives the page, and another tab may replace it", async () => {
    browser().keepProof?.("proof_1");
    const later = browser();
    expect((await later.connection()).proof).toBe("proof_1");
    browser().keepProof?.("proof_2");
    expect((await later.connection()).proof).toBe("proof_2");
  });

  it("holds for this page where storage is forbidden", async () => {
    const forbidden = () => {
      throw new DOMException("no", "SecurityError");
    };
    vi.stubGlobal("localStorage", { getItem: forbidden, setItem: forbidden, clear: () => undefined });
    const host = browser();
    expect((await host.connection()).proof).toBeNull();
    host.keepProof?.("proof_1");
    expect((await host.connection()).proof).toBe("proof_1");
  });

  it("is in no cookie", () => {
    browser().keepProof?.("proof_1");
    expect(document.cookie).toBe("");
  });
});
