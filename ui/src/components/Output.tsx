import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useLayoutEffect, useRef, type CSSProperties } from "react";
import { readAnsi, type Line, type Style } from "../text/ansi";
import { strings } from "./strings";
import styles from "./Output.module.css";

const LINE_PX = 18;
/** Above this the lines are a virtual list in a box of their own. */
const INLINE_LINES = 40;

export interface OutputLine {
  line: Line;
  /** Written to standard error. */
  error: boolean;
}

/** A text as lines of output. */
export const linesOf = (text: string, error = false): OutputLine[] => readAnsi(text).map((line) => ({ line, error }));

/** What a program wrote, with its colours. Long output has its own scroll and draws only what shows. */
export function Output({ lines, fill = false }: { lines: readonly OutputLine[]; fill?: boolean }) {
  if (lines.length === 0) return <p className={styles.none}>{strings.noOutput}</p>;
  if (lines.length <= INLINE_LINES && !fill) {
    return (
      <pre className={styles.output} data-testid="output">
        {lines.map((line, index) => (
          // Lines are only ever appended.
          <OutputRow key={index} line={line} />
        ))}
      </pre>
    );
  }
  return <Windowed lines={lines} fill={fill} />;
}

function Windowed({ lines, fill }: { lines: readonly OutputLine[]; fill: boolean }) {
  const box = useRef<HTMLDivElement>(null);
  const list = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_PX,
    overscan: 20,
    anchorTo: "end",
    followOnAppend: true,
    scrollEndThreshold: 2 * LINE_PX,
  });
  const items = list.getVirtualItems();
  // The end is what a reader came for: the result, the error, the newest line.
  useLayoutEffect(() => list.scrollToEnd(), [list]);
  return (
    // Scrolled by keyboard too, so it takes focus.
    <div
      ref={box}
      className={`${styles.output} ${fill ? styles.fill : styles.windowed}`}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      data-testid="output"
      role="region"
      aria-label={strings.outputLabel}
    >
      <div className={styles.canvas} style={{ height: list.getTotalSize() }}>
        <div className={styles.slice} style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
          {items.map((item) => {
            const line = lines[item.index];
            return line ? <OutputRow key={item.key} line={line} /> : null;
          })}
        </div>
      </div>
    </div>
  );
}

const OutputRow = memo(function OutputRow({ line }: { line: OutputLine }) {
  return (
    <div className={line.error ? styles.error : styles.line} title={line.error ? strings.stderr : undefined}>
      {line.line.map((span, index) => (
        <span key={index} className={classOf(span.style)} style={colourOf(span.style)}>
          {span.text}
        </span>
      ))}
      {"\n"}
    </div>
  );
});

function classOf(style: Style): string | undefined {
  const names: (string | undefined)[] = [];
  const { fg, bg } = style;
  if (typeof fg === "number") names.push(styles[`fg${fg % 8}`]);
  if (typeof bg === "number") names.push(styles.painted, styles[`bg${bg % 8}`]);
  if (style.bold || (typeof fg === "number" && fg > 7)) names.push(styles.bold);
  if (style.dim) names.push(styles.dim);
  if (style.italic) names.push(styles.italic);
  if (style.underline) names.push(styles.underline);
  if (style.strike) names.push(styles.strike);
  if (style.inverse) names.push(styles.inverse);
  return names.length > 0 ? names.join(" ") : undefined;
}

function colourOf(style: Style): CSSProperties | undefined {
  const fg = typeof style.fg === "string" ? style.fg : null;
  const bg = typeof style.bg === "string" ? style.bg : null;
  if (!fg && !bg) return undefined;
  return {
    // A program chose these for its own background: its lightness is pulled towards what is legible here.
    ...(fg ? { color: bg ? fg : `color-mix(in oklch, ${fg} 62%, var(--ink))` } : {}),
    ...(bg ? { backgroundColor: bg } : {}),
  };
}
