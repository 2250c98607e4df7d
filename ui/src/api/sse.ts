/** One frame of a `text/event-stream`. */
export interface Frame {
  id: string | null;
  event: string;
  data: string;
}

/** Cuts a stream of text into frames. Chunks may end anywhere, also between a CR and its LF. */
export class FrameParser {
  #rest = "";
  #id: string | null = null;
  #event = "";
  #data: string[] = [];

  push(chunk: string): Frame[] {
    const frames: Frame[] = [];
    const text = this.#rest + chunk;
    let start = 0;
    for (let at = start; at < text.length; at += 1) {
      const char = text[at];
      if (char !== "\n" && char !== "\r") continue;
      // A CR at the very end may be half of a CRLF: wait for the next chunk.
      if (char === "\r" && at + 1 === text.length) break;
      this.#line(text.slice(start, at), frames);
      if (char === "\r" && text[at + 1] === "\n") at += 1;
      start = at + 1;
    }
    this.#rest = text.slice(start);
    return frames;
  }

  #line(line: string, frames: Frame[]): void {
    if (line === "") {
      if (this.#data.length > 0 || this.#event !== "") {
        frames.push({ id: this.#id, event: this.#event || "message", data: this.#data.join("\n") });
      }
      this.#event = "";
      this.#data = [];
      return;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") this.#data.push(value);
    else if (field === "event") this.#event = value;
    else if (field === "id") this.#id = value;
  }
}
