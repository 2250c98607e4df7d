import { X } from "lucide-react";
import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { IconButton } from "../../components/Button";
import { useSelection } from "../../components/selection";
import { useKeys, useShownKeys } from "../../keys/useKeys";
import { INSPECTOR_WIDTH_PX, setPreferences, usePreferences } from "../../preferences/preferences";
import { EventInspector } from "./EventInspector";
import { FileInspector } from "./FileInspector";
import { RunInspector } from "./RunInspector";
import { strings } from "./strings";
import { TaskInspector } from "./TaskInspector";
import styles from "./Inspector.module.css";

/** One press of an arrow key on the edge. */
const KEY_STEP_PX = 24;

const clamp = (width: number): number =>
  Math.round(Math.min(INSPECTOR_WIDTH_PX.max, Math.max(INSPECTOR_WIDTH_PX.min, width)));

/** The right pane: whatever is selected, whole. There only while something is selected. */
export function Inspector() {
  const { eventId, runId, taskId, file, close } = useSelection();
  const { inspectorWidth } = usePreferences();
  const shown = useShownKeys();
  const kind = eventId ? "event" : runId ? "run" : taskId ? "task" : file ? "file" : null;
  useKeys(kind ? { "inspector.close": close } : {});
  if (!kind) return null;
  return (
    <aside
      className={styles.pane}
      style={{ width: inspectorWidth }}
      aria-label={strings.label}
      data-testid="inspector"
    >
      <Edge width={inspectorWidth} />
      <div className={styles.top}>
        <h2>{strings.kind[kind]}</h2>
        <IconButton label={strings.close} keys={shown("inspector.close")} onClick={close}>
          <X />
        </IconButton>
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too */}
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={strings.label}>
        {eventId ? (
          <EventInspector key={eventId} eventId={eventId} />
        ) : runId ? (
          <RunInspector key={runId} runId={runId} />
        ) : taskId ? (
          <TaskInspector key={taskId} taskId={taskId} />
        ) : file ? (
          <FileInspector key={file} name={file} />
        ) : null}
      </div>
    </aside>
  );
}

/** The draggable edge; arrow keys move it too. */
function Edge({ width }: { width: number }) {
  const from = useRef<{ x: number; width: number } | null>(null);
  const set = (next: number) => setPreferences({ inspectorWidth: clamp(next) });
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    from.current = { x: event.clientX, width };
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    if (from.current) set(from.current.width + from.current.x - event.clientX);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    set(width + (event.key === "ArrowLeft" ? KEY_STEP_PX : -KEY_STEP_PX));
  };
  return (
    <div
      className={styles.edge}
      role="separator"
      aria-orientation="vertical"
      aria-label={strings.resize}
      aria-valuenow={width}
      aria-valuemin={INSPECTOR_WIDTH_PX.min}
      aria-valuemax={INSPECTOR_WIDTH_PX.max}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={() => {
        from.current = null;
      }}
      onKeyDown={onKeyDown}
    />
  );
}
