import createClient, { type Client } from "openapi-fetch";
import { proofHeaders, type Connection, type Platform } from "../platform";
import { Problem, problemFrom, UNREACHABLE } from "./problem";
import type { paths } from "./schema";
import { strings } from "./strings";

export interface Reached {
  client: Client<paths>;
  url: string;
  headers: Record<string, string>;
}

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The HTTP client. The runtime may come back at another address, so each call asks where it is. */
export class Api {
  #made: { connection: Connection; reached: Reached } | null = null;

  constructor(readonly platform: Platform) {}

  /** Where the API was when it was last reached. */
  lastUrl(): string | null {
    return this.#made?.reached.url ?? null;
  }

  /** Where the API is now; rejects with `unreachable` while it is nowhere. */
  async reach(): Promise<Reached> {
    const connection = await this.platform.connection();
    const { url, token, proof } = connection;
    if (!url) throw new Problem(UNREACHABLE, strings.notUp);
    const made = this.#made;
    if (made && made.connection.url === url && made.connection.token === token && made.connection.proof === proof) {
      return made.reached;
    }
    const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : proofHeaders(proof);
    const baseUrl = url.replace(/\/+$/, "");
    const client = createClient<paths>({ baseUrl, headers, credentials: "same-origin" });
    const reached = { client, url: baseUrl, headers };
    this.#made = { connection, reached };
    return reached;
  }

  /** Runs one call and answers its body, or throws a `Problem`. */
  async call<T>(request: (client: Client<paths>) => Promise<Outcome<T>>): Promise<T> {
    const { client } = await this.reach();
    let outcome: Outcome<T>;
    try {
      outcome = await request(client);
    } catch (thrown) {
      if (thrown instanceof DOMException && thrown.name === "AbortError") throw thrown;
      throw problemFrom(null, null);
    }
    if (!outcome.response.ok) throw problemFrom(outcome.error, outcome.response.status);
    return outcome.data as T;
  }

  /** The bytes of a stored blob, `sha256:<hex>`. */
  async blob(reference: string, signal?: AbortSignal): Promise<Blob> {
    const { url, headers } = await this.reach();
    const response = await fetch(`${url}/v1/blobs/${reference}`, { headers, credentials: "same-origin", signal });
    if (!response.ok) throw problemFrom(await response.json().catch(() => null), response.status);
    return response.blob();
  }

  /** A stored file, `sha256:<hex>`: whole, or its first `bytes`. A part that an empty file has not is answered 416. */
  async file(reference: string, { bytes, signal }: { bytes?: number; signal?: AbortSignal } = {}): Promise<Response> {
    const { url, headers } = await this.reach();
    const range: Record<string, string> = bytes === undefined ? {} : { range: `bytes=0-${bytes - 1}` };
    // A name may come from an address that somebody typed; the colon of a real one stays.
    const address = `${url}/files/${encodeURIComponent(reference).replaceAll("%3A", ":")}`;
    const response = await fetch(address, { headers: { ...headers, ...range }, credentials: "same-origin", signal });
    if (!response.ok && response.status !== 416) throw problemFrom(await response.json().catch(() => null), response.status);
    return response;
  }
}
