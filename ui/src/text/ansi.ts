/**
 * Terminal output as lines of styled spans.
 *
 * Colours and weight (SGR) are kept, a carriage return overwrites its line the way a progress bar
 * expects, a backspace steps back, and every other control sequence is dropped.
 */

export interface Style {
  /** A palette index 0–15, or a CSS colour for the extended palettes; `null` is the default. */
  fg: number | string | null;
  bg: number | string | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  strike: boolean;
}

export interface Span {
  text: string;
  style: Style;
}

export type Line = readonly Span[];

export const PLAIN: Style = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  inverse: false,
  strike: false,
};

const ESC = "\u001b";
/** CSI with parameters, OSC up to BEL or ST, or a two-character escape. */
// oxlint-disable-next-line no-control-regex -- control characters are what a terminal speaks
const SEQUENCE = /\u001b(?:\[([0-9:;<=>?]*)[ -/]*([@-~])|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[PX^_][^\u001b]*\u001b\\|(?![[\]PX^_])[ -/]*[0-~])/y;

/** An unfinished sequence longer than this is garbage, not the first half of one. */
const SEQUENCE_LIMIT_CHARS = 256;

interface Cell {
  char: string;
  style: Style;
}

/** Reads output in chunks, as it arrives: a sequence or a line may be cut anywhere. */
export class AnsiReader {
  readonly #done: Line[] = [];
  #cells: Cell[] = [];
  #column = 0;
  #style: Style = PLAIN;
  #rest = "";

  push(chunk: string): void {
    const text = this.#rest + chunk;
    this.#rest = "";
    let at = 0;
    while (at < text.length) {
      const char = text[at] ?? "";
      if (char === ESC) {
        SEQUENCE.lastIndex = at;
        const found = SEQUENCE.exec(text);
        if (!found) {
          if (text.length - at < SEQUENCE_LIMIT_CHARS) {
            this.#rest = text.slice(at);
            return;
          }
          at += 1;
          continue;
        }
        this.#control(found[1], found[2]);
        at = SEQUENCE.lastIndex;
        continue;
      }
      at += this.#character(text, at);
    }
  }

  /** All lines so far; the last one may still grow. */
  lines(): Line[] {
    const open = join(this.#cells);
    return open.length > 0 ? [...this.#done, open] : [...this.#done];
  }

  #character(text: string, at: number): number {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    if (char === "\n") {
      this.#done.push(join(this.#cells));
      this.#cells = [];
      this.#column = 0;
    } else if (char === "\r") {
      this.#column = 0;
    } else if (char === "\b") {
      this.#column = Math.max(0, this.#column - 1);
    } else if (char === "\t") {
      const stop = 8 - (this.#column % 8);
      for (let step = 0; step < stop; step += 1) this.#put(" ");
    } else if (char >= " " && char !== "\u007f") {
      this.#put(char);
    }
    return char.length;
  }

  #put(char: string): void {
    this.#cells[this.#column] = { char, style: this.#style };
    this.#column += 1;
  }

  #control(parameters: string | undefined, final: string | undefined): void {
    if (final === "m") this.#style = restyle(this.#style, parameters ?? "");
    else if (final === "K") this.#erase(parameters ?? "");
    else if (final === "G") this.#column = Math.max(0, Number(parameters || "1") - 1);
  }

  #erase(parameters: string): void {
    if (parameters === "" || parameters === "0") this.#cells.length = Math.min(this.#cells.length, this.#column);
    else if (parameters === "2") this.#cells = [];
  }
}

/** A whole text at once. */
export function readAnsi(text: string): Line[] {
  const reader = new AnsiReader();
  reader.push(text);
  return reader.lines();
}

/** The text alone: for a last line, a copy, a screen reader. */
export function stripAnsi(text: string): string {
  return readAnsi(text)
    .map((line) => line.map((span) => span.text).join(""))
    .join("\n");
}

function join(cells: readonly (Cell | undefined)[]): Line {
  const spans: Span[] = [];
  for (const cell of Array.from(cells)) {
    const { char, style } = cell ?? { char: " ", style: PLAIN };
    const last = spans.at(-1);
    if (last && last.style === style) last.text += char;
    else spans.push({ text: char, style });
  }
  return spans;
}

function restyle(before: Style, parameters: string): Style {
  const codes = parameters.replaceAll(":", ";").split(";").map((code) => (code === "" ? 0 : Number(code)));
  const style = { ...before };
  for (let at = 0; at < codes.length; at += 1) {
    const code = codes[at] ?? 0;
    if (code === 0) Object.assign(style, PLAIN);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = true;
    else if (code === 7) style.inverse = true;
    else if (code === 9) style.strike = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code === 29) style.strike = false;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code >= 90 && code <= 97) style.fg = code - 90 + 8;
    else if (code === 39) style.fg = null;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code >= 100 && code <= 107) style.bg = code - 100 + 8;
    else if (code === 49) style.bg = null;
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(codes.slice(at + 1));
      if (code === 38) style.fg = colour;
      else style.bg = colour;
      at += used;
    }
  }
  return style;
}

/** `5;n` or `2;r;g;b` after 38 or 48: the colour, and how many codes it took. */
function extended(codes: readonly number[]): [number | string | null, number] {
  const [kind, a = 0, b = 0, c = 0] = codes;
  if (kind === 2) return [`rgb(${a} ${b} ${c})`, 4];
  if (kind !== 5) return [null, 1];
  if (a < 16) return [a, 2];
  if (a >= 232) {
    const grey = 8 + (a - 232) * 10;
    return [`rgb(${grey} ${grey} ${grey})`, 2];
  }
  const cube = a - 16;
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  return [`rgb(${level(Math.floor(cube / 36))} ${level(Math.floor(cube / 6) % 6)} ${level(cube % 6)})`, 2];
}
