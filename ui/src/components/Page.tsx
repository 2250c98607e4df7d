import type { ReactNode } from "react";
import { strings } from "./strings";
import styles from "./Page.module.css";

interface PageProps {
  title: ReactNode;
  /** Said after the title and never cut: a state. */
  fact?: ReactNode;
  /** Said after that, quieter; gives way where there is little room: a topic, a count. */
  aside?: ReactNode;
  actions?: ReactNode;
  /** A second line under the header: filters. */
  bar?: ReactNode;
  testId?: string;
  children: ReactNode;
}

/** The frame of every view: a thin header, then the content, which scrolls by itself. */
export function Page({ title, fact, aside, actions, bar, testId, children }: PageProps) {
  return (
    <section className={styles.page} data-testid={testId}>
      <header className={styles.header}>
        <h1 className={styles.title}>{title}</h1>
        {fact ? <div className={styles.fact}>{fact}</div> : null}
        <div className={styles.aside}>{aside}</div>
        <div className={styles.actions}>{actions}</div>
      </header>
      {bar ? <div className={styles.bar}>{bar}</div> : null}
      <div className={styles.content}>{children}</div>
    </section>
  );
}

export function Scroll({ children }: { children: ReactNode }) {
  return (
    // Scrolled by keyboard too, so it takes focus.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} tabIndex={0} role="region" aria-label={strings.content}>
      <div className={styles.measure}>{children}</div>
    </div>
  );
}

export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h2>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** Facts: a name and a value, aligned. */
export function Facts({ facts }: { facts: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
