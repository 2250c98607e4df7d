/** What the API document does not say yet. Written by hand in the form of `schema.ts`, and gone once that has it. */
import type { components } from "./schema";

type Problem = components["schemas"]["ProblemBody"];

export interface RoomReading {
  /** Up to where the owner has read; `null` unless the owner asks. */
  read_seq: number | null;
  /** How much is after that, up to 100, without what programs print. */
  unread: number | null;
}

interface Answer<T> {
  headers: { [name: string]: unknown };
  content: { "application/json": T };
}

interface Answers<T> {
  200: Answer<T>;
  403: Answer<Problem>;
  404: Answer<Problem>;
}

interface None {
  query?: never;
  header?: never;
  path?: never;
  cookie?: never;
}

interface At<P> {
  query?: never;
  header?: never;
  path: P;
  cookie?: never;
}

interface Read<P, T> {
  parameters: P;
  requestBody?: never;
  responses: Answers<T>;
}

interface Write<P, B, T> {
  parameters: P;
  requestBody: { content: { "application/json": B } };
  responses: Answers<T>;
}

export interface PendingPaths {
  "/v1/rooms/{room_id}/read": {
    parameters: None;
    post: Write<At<{ room_id: string }>, { seq: number }, { room_id: string; read_seq: number; unread: number }>;
  };
  "/v1/notifications/cursor": {
    parameters: None;
    get: Read<None, { position: number }>;
    put: Write<None, { position: number }, { position: number }>;
  };
}
