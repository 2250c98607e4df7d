import { CalendarSearch } from "lucide-react";
import { Popover } from "radix-ui";
import { useState, type FormEvent } from "react";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { dayStart } from "../../text/time";
import { strings } from "./strings";
import styles from "./Timeline.module.css";

interface DateJumpProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  /** Given the beginning of the chosen day, RFC 3339. */
  onJump(from: string): void;
}

/** Asks for a day and goes to its first event. Not every web view has a picker: a day can always be typed. */
export function DateJump({ open, onOpenChange, onJump }: DateJumpProps) {
  const [day, setDay] = useState("");
  const from = dayStart(day);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (from === null) return;
    onOpenChange(false);
    onJump(from);
  };
  return (
    <Popover.Root open={open} onOpenChange={onOpenChange}>
      <Popover.Trigger asChild>
        <Button variant="ghost" icon={<CalendarSearch />}>
          {strings.toDate}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content className={styles.date} sideOffset={4} collisionPadding={8} aria-label={strings.toDate}>
          <form onSubmit={onSubmit}>
            <Field
              type="date"
              label={strings.date}
              note={strings.dateNote}
              value={day}
              onChange={(event) => setDay(event.target.value)}
            />
            <Button type="submit" variant="primary" disabled={from === null}>
              {strings.jump}
            </Button>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
