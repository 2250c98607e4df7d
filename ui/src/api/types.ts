/** The names the interface uses for what the API speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

/**
 * What the server sends always has every field: one without a value is `null`. The document cannot
 * say so (an optional field and a nullable one are the same there), this type does.
 */
export type Sent<T> = { [K in keyof T]-?: Exclude<T[K], undefined> };

/** Marks an answer as sent by the server. */
export const sent = <T>(answer: T): Sent<T> => answer as Sent<T>;
export const sentAll = <T>(answers: readonly T[]): Sent<T>[] => answers as Sent<T>[];

export type Whoami = Schemas["Whoami"];
export type Room = Sent<Schemas["RoomRow"]>;
export type Thread = Sent<Schemas["ThreadRow"]>;
export type Run = Sent<Schemas["RunRow"]>;
export type RunStatus = Run["status"];
export type Artifact = Sent<Schemas["Artifact"]>;
export type SearchDoc = Sent<Schemas["SearchDocument"]>;
export type HashChain = Sent<Schemas["StreamReport"]>;
export type LogEvent = Sent<Schemas["Event"]>;
export type EventDetail = Sent<Schemas["EventDetail"]>;
