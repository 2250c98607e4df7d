import { CircleCheck, CircleDashed, CircleDot, type LucideIcon } from "lucide-react";
import type { TaskStatus } from "../../api/tasks";
import { Mark, type Tone } from "../Mark";

const looks: Record<TaskStatus, { icon: LucideIcon; tone: Tone }> = {
  open: { icon: CircleDashed, tone: "caution" },
  claimed: { icon: CircleDot, tone: "person" },
  done: { icon: CircleCheck, tone: "clear" },
};

const isStatus = (word: string): word is TaskStatus => word in looks;

/** The state of a task as a shape; a word beside it says the same. */
export function TaskMark({ status }: { status: string }) {
  return <Mark {...looks[isStatus(status) ? status : "open"]} />;
}
