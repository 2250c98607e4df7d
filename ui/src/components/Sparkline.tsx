import styles from "./Sparkline.module.css";

const WIDTH = 88;
const HEIGHT = 20;

/** The recent past of one number; the newest is said in words beside it. */
export function Sparkline({ values, floor = 0 }: { values: readonly number[]; floor?: number }) {
  if (values.length < 2) return <span className={styles.blank} aria-hidden="true" />;
  const top = Math.max(floor, ...values) * 1.15 || 1;
  const step = WIDTH / (values.length - 1);
  const points = values.map((value, index) => `${(index * step).toFixed(1)},${(HEIGHT - (value / top) * HEIGHT).toFixed(1)}`);
  return (
    <svg className={styles.spark} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`0,${HEIGHT} ${points.join(" ")} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(" ")} />
    </svg>
  );
}
