import { Tooltip } from "radix-ui";
import { useEffect, useState, type ButtonHTMLAttributes, type ReactNode, type Ref } from "react";
import { flushSync } from "react-dom";
import styles from "./Button.module.css";

type Variant = "primary" | "plain" | "ghost" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  variant?: Variant;
  icon?: ReactNode;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ variant = "plain", icon, children, className, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} className={`${styles.button} ${styles[variant]} ${className ?? ""}`}>
      {icon}
      {children}
    </button>
  );
}

/** For a link that is offered like a button. */
export const linkLooks = { primary: `${styles.button} ${styles.primary}`, plain: `${styles.button} ${styles.plain}` } as const;

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** The name of what it does: read aloud, and shown on hover and focus. */
  label: string;
  keys?: string;
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({ label, keys, children, className, ...rest }: IconButtonProps) {
  return (
    <Hint text={label} keys={keys}>
      <button type="button" aria-label={label} {...rest} className={`${styles.icon} ${className ?? ""}`}>
        {children}
      </button>
    </Hint>
  );
}

/** A short name on hover and focus, for what has no visible word. */
export function Hint({ text, keys, children }: { text: string; keys?: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  useYieldsEscape(open, setOpen);
  return (
    <Tooltip.Root open={open} onOpenChange={setOpen}>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content className={styles.hint} sideOffset={6} collisionPadding={8}>
          {text}
          {keys ? <kbd className={styles.hintKeys}>{keys}</kbd> : null}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

/**
 * An open hint goes with Escape but does not take it: the key was meant for the dialog, menu or pane
 * below. It must be gone before their listeners on the document ask which layer is on top.
 */
function useYieldsEscape(open: boolean, setOpen: (open: boolean) => void): void {
  useEffect(() => {
    if (!open) return undefined;
    const leave = (event: KeyboardEvent) => {
      if (event.key === "Escape") flushSync(() => setOpen(false));
    };
    window.addEventListener("keydown", leave, true);
    return () => window.removeEventListener("keydown", leave, true);
  }, [open, setOpen]);
}
