import { expect, it } from "vitest";
import { World } from "../../mocks/world";
import { unreadOf } from "./unread";

const room = (reading: { head_seq: number; read_seq: number | null; unread: number | null }) => ({ ...new World().createRoom("one"), ...reading });

it("is what the server counted, and what came since", () => {
  const known = room({ head_seq: 10, read_seq: 7, unread: 2 });
  expect(unreadOf(known, undefined)).toBe(2);
  expect(unreadOf(known, { head: 12, counted: [9, 11, 12] })).toBe(4);
});

it("is nothing once everything up to the newest was read, also what the server had counted", () => {
  expect(unreadOf(room({ head_seq: 10, read_seq: 12, unread: 2 }), { head: 12, counted: [11, 12] })).toBe(0);
  expect(unreadOf(room({ head_seq: 10, read_seq: 11, unread: 2 }), { head: 12, counted: [11, 12] })).toBe(1);
});

it("is not known of anybody but the owner", () => {
  expect(unreadOf(room({ head_seq: 10, read_seq: null, unread: null }), { head: 12, counted: [11] })).toBe(0);
});
