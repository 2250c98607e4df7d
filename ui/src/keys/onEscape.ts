import type { KeyboardEvent } from "react";

/** Escape inside a form leaves that form and nothing around it. */
export const onEscape =
  (leave: () => void) =>
  (event: KeyboardEvent): void => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    leave();
  };
