/** Stored files: how large they are, what they look like, and as much of them as a preview shows. */
import { queryOptions } from "@tanstack/react-query";
import { fieldsOf } from "../text/json";
import type { Api } from "./client";
import { asProblem, Problem } from "./problem";
import { strings } from "./strings";
import type { LogEvent } from "./types";

/** Of each file that is named somewhere so much is read: enough to tell its kind, and all of most texts. */
export const HEAD_BYTES = 16 * 1024;
/** A larger text is shown only in its beginning. */
export const TEXT_BYTES_MAX = 1024 * 1024;
/** A larger picture is not shown. */
export const PICTURE_BYTES_MAX = 10 * 1024 * 1024;

const UNKNOWN_TYPE = "application/octet-stream";
const NAME = /^sha256:[0-9a-f]{64}$/;

export const isFileName = (word: unknown): word is string => typeof word === "string" && NAME.test(word);

/** The names in a list of them. */
function fileNames(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(isFileName) : [];
}

const MENTIONED = /\bsha256:[0-9a-f]{64}\b/g;
/** Events in which somebody speaks: what they name there is meant to be looked at. */
const SPOKEN = /^(message\.created|channel\.message\.published|task\.(created|updated|done))$/;

/** The files of an event: those that go with it, and those that its words name. */
export function filesOfEvent({ event_type, data }: Pick<LogEvent, "event_type" | "data">): string[] {
  const { files, body, content_md, context, update, result } = fieldsOf(data);
  if (!SPOKEN.test(event_type)) return fileNames(files);
  const words = JSON.stringify([body, content_md, context, update, result]);
  return [...new Set([...fileNames(files), ...(words.match(MENTIONED) ?? [])])];
}

export interface FileHead {
  size: number;
  /** What the runtime says it looks like. */
  type: string;
  bytes: Uint8Array;
}

/** The size of the whole, from `bytes 0-99/1234`; `null` when the answer is the whole. */
function wholeSize(response: Response): number | null {
  const size = Number(response.headers.get("content-range")?.split("/")[1]);
  return response.headers.has("content-range") && Number.isFinite(size) ? size : null;
}

/** Absent is told with what it means: a name can be said before its content was stored. */
function absent(thrown: unknown): never {
  const problem = asProblem(thrown);
  throw problem.status === 404 ? new Problem("file_not_found", strings.noFile, strings.noFileHint, 404) : problem;
}

export const fileHeadQuery = (api: Api, name: string) =>
  queryOptions({
    queryKey: ["file", name, "head"],
    queryFn: async ({ signal }): Promise<FileHead> => {
      const response = await api.file(name, { bytes: HEAD_BYTES, signal }).catch(absent);
      const bytes = response.status === 416 ? new Uint8Array() : new Uint8Array(await response.arrayBuffer());
      const type = response.headers.get("x-file-type") ?? UNKNOWN_TYPE;
      return { size: wholeSize(response) ?? bytes.length, type, bytes };
    },
    // Named by its content: it can never be another.
    staleTime: Number.POSITIVE_INFINITY,
  });

/** The whole, of a file that is small enough to be shown. */
export const fileBytesQuery = (api: Api, name: string) =>
  queryOptions({
    queryKey: ["file", name, "whole"],
    queryFn: async ({ signal }) => new Uint8Array(await (await api.file(name, { signal }).catch(absent)).arrayBuffer()),
    staleTime: Number.POSITIVE_INFINITY,
    // A picture of ten megabytes need not stay in memory when nobody looks at it.
    gcTime: 0,
  });

const PICTURES: readonly (readonly [type: string, offset: number, magic: readonly number[]])[] = [
  ["image/png", 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ["image/jpeg", 0, [0xff, 0xd8, 0xff]],
  ["image/gif", 0, [0x47, 0x49, 0x46, 0x38]],
  ["image/webp", 8, [0x57, 0x45, 0x42, 0x50]],
];

/** The type of a picture that is safe to draw, by its own first bytes; what anybody calls it counts for nothing. */
export const pictureType = (bytes: Uint8Array): string | null =>
  PICTURES.find(([, offset, magic]) => magic.every((byte, at) => bytes[offset + at] === byte))?.[0] ?? null;

/** Text of bytes, `null` when they are none. Where they were `cut`, a character may have been too. */
export function textOfBytes(bytes: Uint8Array, cut: boolean): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: cut });
    return text.includes("\u0000") ? null : text;
  } catch {
    return null;
  }
}

export type FileKind = "picture" | "text" | "other";

/** How a file is shown. A picture made of text, as SVG is, is a text: nothing of it is ever run. */
export function kindOf({ bytes, size }: Pick<FileHead, "bytes" | "size">): FileKind {
  if (pictureType(bytes)) return "picture";
  return textOfBytes(bytes, bytes.length < size) === null ? "other" : "text";
}

/** Its own type, unless the runtime never looked: then what it is called where it is named. */
export const typeOf = (head: FileHead, called: string | null): string =>
  head.type === UNKNOWN_TYPE ? (pictureType(head.bytes) ?? called ?? head.type) : head.type;

const endings: Partial<Record<string, string>> = {
  "application/json": "json",
  "application/pdf": "pdf",
  "application/zip": "zip",
  "image/gif": "gif",
  "image/jpeg": "jpg",
  "image/png": "png",
  "image/webp": "webp",
  "text/html": "html",
  "text/markdown": "md",
  "text/plain": "txt",
};

const SHORT_CHARS = 8;

/** Enough of a name to tell files apart. */
export const shortName = (name: string): string => name.replace("sha256:", "").slice(0, SHORT_CHARS);

/** What a file is called on the disk of whoever saves it. */
export const savedName = (name: string, type: string): string =>
  `${shortName(name)}.${endings[type.split(";")[0]?.trim() ?? ""] ?? "bin"}`;
