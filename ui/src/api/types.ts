/** The names the interface uses for what the API speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Whoami = Schemas["Whoami"];
export type Room = Schemas["Room"];
export type Thread = Schemas["Thread"];
export type Run = Schemas["Run"];
export type RunStatus = Run["status"];
export type Artifact = Schemas["Artifact"];
export type SearchDoc = Schemas["SearchDoc"];
export type HashChain = Schemas["HashChain"];
export type LogEvent = Schemas["Event"];
export type EventDetail = Schemas["EventDetail"];
