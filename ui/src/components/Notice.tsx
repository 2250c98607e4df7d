import { CircleAlert, RotateCw, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { asProblem, UNREACHABLE } from "../api/problem";
import { usePlatform } from "../platform";
import { Button } from "./Button";
import { Copyable } from "./Copyable";
import { strings } from "./strings";
import styles from "./Notice.module.css";

/** What failed, what to do, and a way to try again. */
export function Failure({ problem, onRetry, compact }: { problem: unknown; onRetry?: () => void; compact?: boolean }) {
  const { message, hint, code } = asProblem(problem);
  const way = hint ?? (code === UNREACHABLE ? strings.unreachableHint : null);
  return (
    <div className={`${styles.failure} ${compact ? styles.compact : ""}`} role="alert">
      <CircleAlert aria-hidden="true" />
      <div className={styles.words}>
        <p>{message}</p>
        {way ? <p className={styles.hint}>{way}</p> : null}
      </div>
      {onRetry ? (
        <Button icon={<RotateCw />} onClick={onRetry}>
          {strings.retry}
        </Button>
      ) : null}
    </div>
  );
}

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** What will appear here, and the one thing that makes it appear. */
export function Empty({ icon: Icon, title, children, action }: EmptyProps) {
  return (
    <div className={styles.empty}>
      <Icon aria-hidden="true" />
      <h2>{title}</h2>
      {children ? <p>{children}</p> : null}
      {action}
    </div>
  );
}

/** Says how a person who may only read becomes the owner. */
export function OwnerNeeded() {
  const { ownerPath } = usePlatform();
  return (
    <p className={styles.owner}>
      {strings.ownerNeeded}{" "}
      {ownerPath ? (
        <>
          {strings.ownerHow} <Copyable text={ownerPath.command} />
        </>
      ) : null}
    </p>
  );
}
