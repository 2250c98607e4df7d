import {
  Bug,
  DoorOpen,
  Flag,
  Hand,
  KeyRound,
  Layers,
  MessageSquare,
  MessagesSquare,
  Package,
  Play,
  Radio,
  ShieldAlert,
  Terminal,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import type { EventType } from "../../api/eventTypes";
import type { Tone } from "../Mark";

/** The groups a timeline can be filtered by. Output is none: a run opens into it. */
export type EventKind = "messages" | "runs" | "tools" | "artifacts" | "system";

export const kindTypes: Record<EventKind, readonly EventType[]> = {
  messages: ["message.created"],
  runs: [
    "run.created",
    "run.claimed",
    "run.started",
    "run.lease.released",
    "run.lease.expired",
    "run.cancel.requested",
    "run.completed",
    "run.failed",
    "run.cancelled",
  ],
  tools: ["step.created", "tool.invoked", "tool.succeeded", "tool.failed"],
  artifacts: ["artifact.created"],
  system: [
    "room.created",
    "thread.created",
    "event.redacted",
    "secret.leaked.detected",
    "engine.registered",
    "engine.token.issued",
    "engine.token.revoked",
  ],
};

export const kindOrder: readonly EventKind[] = ["messages", "runs", "tools", "artifacts", "system"];

const looks: Record<EventType, { icon: LucideIcon; tone: Tone }> = {
  "room.created": { icon: DoorOpen, tone: "system" },
  "thread.created": { icon: MessagesSquare, tone: "system" },
  "message.created": { icon: MessageSquare, tone: "person" },
  "run.created": { icon: Play, tone: "system" },
  "run.claimed": { icon: Hand, tone: "system" },
  "run.started": { icon: Play, tone: "person" },
  "run.cancel.requested": { icon: Hand, tone: "caution" },
  "run.lease.expired": { icon: Flag, tone: "caution" },
  "run.lease.released": { icon: Flag, tone: "system" },
  "run.completed": { icon: Flag, tone: "clear" },
  "run.failed": { icon: Bug, tone: "stop" },
  "run.cancelled": { icon: Flag, tone: "system" },
  "step.created": { icon: Layers, tone: "system" },
  "tool.invoked": { icon: Wrench, tone: "system" },
  "tool.output": { icon: Terminal, tone: "system" },
  "tool.succeeded": { icon: Wrench, tone: "clear" },
  "tool.failed": { icon: Wrench, tone: "stop" },
  "artifact.created": { icon: Package, tone: "system" },
  "event.redacted": { icon: ShieldAlert, tone: "caution" },
  "secret.leaked.detected": { icon: ShieldAlert, tone: "caution" },
  "engine.registered": { icon: KeyRound, tone: "system" },
  "engine.token.issued": { icon: KeyRound, tone: "system" },
  "engine.token.revoked": { icon: KeyRound, tone: "system" },
};

export const eventLook = (type: string): { icon: LucideIcon; tone: Tone } => (looks as Partial<Record<string, { icon: LucideIcon; tone: Tone }>>)[type] ?? { icon: Radio, tone: "system" };
