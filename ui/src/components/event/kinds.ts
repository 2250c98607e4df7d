import {
  Bug,
  DoorOpen,
  Flag,
  Globe,
  Hand,
  KeyRound,
  Layers,
  MessageSquare,
  MessagesSquare,
  OctagonX,
  Package,
  Play,
  Radio,
  Settings2,
  ShieldAlert,
  ShieldCheck,
  ShieldX,
  Terminal,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import { EVENT_TYPES, type EventType } from "../../api/eventTypes";
import type { Tone } from "../Mark";

/** The groups a timeline can be filtered by. Output is none: a run opens into it. */
export type EventKind = "messages" | "runs" | "approvals" | "tools" | "artifacts" | "system";

const named = (...beginnings: string[]): readonly EventType[] =>
  EVENT_TYPES.filter((type) => beginnings.some((beginning) => type.startsWith(beginning)));

export const kindTypes: Record<EventKind, readonly EventType[]> = {
  messages: ["message.created"],
  runs: named("run."),
  approvals: named("policy.", "approval.", "egress.", "quota."),
  tools: ["step.created", "tool.invoked", "tool.succeeded", "tool.failed"],
  artifacts: ["artifact.created"],
  system: [
    "room.created",
    "thread.created",
    "event.redacted",
    "secret.leaked.detected",
    ...named("engine.", "agent."),
  ],
};

export const kindOrder: readonly EventKind[] = ["messages", "runs", "approvals", "tools", "artifacts", "system"];

const looks: Record<EventType, { icon: LucideIcon; tone: Tone }> = {
  "room.created": { icon: DoorOpen, tone: "system" },
  "thread.created": { icon: MessagesSquare, tone: "system" },
  "message.created": { icon: MessageSquare, tone: "person" },
  "run.created": { icon: Play, tone: "system" },
  "run.claimed": { icon: Hand, tone: "system" },
  "run.started": { icon: Play, tone: "person" },
  "run.waiting": { icon: Hand, tone: "caution" },
  "run.approved": { icon: ShieldCheck, tone: "clear" },
  "policy.denied": { icon: ShieldX, tone: "stop" },
  "policy.requires_approval": { icon: Hand, tone: "caution" },
  "policy.kill_switch.changed": { icon: OctagonX, tone: "stop" },
  "policy.mode.changed": { icon: Settings2, tone: "caution" },
  "approval.requested": { icon: Hand, tone: "caution" },
  "approval.joined": { icon: Hand, tone: "system" },
  "approval.decided": { icon: ShieldCheck, tone: "person" },
  "approval.consumed": { icon: ShieldCheck, tone: "system" },
  "approval.expired": { icon: Flag, tone: "caution" },
  "egress.requested": { icon: Globe, tone: "system" },
  "egress.allowed": { icon: Globe, tone: "clear" },
  "egress.blocked": { icon: ShieldX, tone: "stop" },
  "quota.exceeded": { icon: ShieldX, tone: "stop" },
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
  "engine.deactivated": { icon: KeyRound, tone: "caution" },
  "agent.registered": { icon: KeyRound, tone: "system" },
  "agent.quarantined": { icon: ShieldX, tone: "stop" },
  "agent.unquarantined": { icon: ShieldCheck, tone: "clear" },
  "agent.capability.granted": { icon: KeyRound, tone: "system" },
  "agent.capability.revoked": { icon: KeyRound, tone: "caution" },
  "agent.delegation.attempted": { icon: ShieldX, tone: "stop" },
};

export const eventLook = (type: string): { icon: LucideIcon; tone: Tone } => (looks as Partial<Record<string, { icon: LucideIcon; tone: Tone }>>)[type] ?? { icon: Radio, tone: "system" };
