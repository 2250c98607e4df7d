import { Link, useNavigate } from "@tanstack/react-router";
import { Check } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useRooms } from "../../api/queries";
import { Button } from "../../components/Button";
import { Page, Scroll } from "../../components/Page";
import { useRuntime } from "../../platform/runtime";
import { setPreferences } from "../../preferences/preferences";
import { Connect } from "./Connect";
import { FirstRun } from "./FirstRun";
import { strings } from "./strings";
import styles from "./Start.module.css";

type StepState = "todo" | "doing" | "done";

/** The first steps: the runtime works, one real run, how to connect. Skippable and repeatable. */
export function StartPage() {
  const navigate = useNavigate();
  const view = useRuntime();
  const { data: rooms } = useRooms();
  const [ran, setRan] = useState(false);
  const healthy = view.kind === "known" && view.status.phase === "healthy";
  const room = rooms?.find((each) => each.title === strings.run.room) ?? null;
  const leave = () => {
    setPreferences({ startSeen: true });
    void navigate({ to: "/timeline" });
  };
  return (
    <Page
      title={strings.title}
      actions={
        <Button variant={ran ? "primary" : "ghost"} onClick={leave}>
          {ran ? strings.done : strings.skip}
        </Button>
      }
    >
      <Scroll>
        <p className={styles.lead}>{strings.lead}</p>
        <ol className={styles.steps}>
          <Step number={1} title={strings.runtime.title} state={healthy ? "done" : "doing"}>
            <RuntimeStep />
          </Step>
          <Step number={2} title={strings.run.title} state={ran ? "done" : healthy ? "doing" : "todo"}>
            <FirstRun roomId={room?.room_id ?? null} onDone={() => setRan(true)} />
          </Step>
          <Step number={3} title={strings.connect.title} state={ran ? "doing" : "todo"}>
            <Connect roomId={room?.room_id ?? null} />
          </Step>
        </ol>
        <p className={styles.faint}>{strings.again}</p>
      </Scroll>
    </Page>
  );
}

interface StepProps {
  number: number;
  title: string;
  state: StepState;
  children: ReactNode;
}

function Step({ number, title, state, children }: StepProps) {
  return (
    <li className={styles.step} data-step={number} data-state={state}>
      <span className={styles.number} aria-hidden="true">
        {state === "done" ? <Check /> : number}
      </span>
      <div className={styles.body}>
        <h2>
          <span className="visually-hidden">{strings.step(number)}: </span>
          {title}
          <span className="visually-hidden"> ({strings.state[state]})</span>
        </h2>
        {children}
      </div>
    </li>
  );
}

function RuntimeStep() {
  const view = useRuntime();
  const status = view.kind === "known" ? view.status : null;
  const { runtime } = strings;
  if (status?.phase === "healthy") {
    if (!status.supervised) return <p>{runtime.alone}</p>;
    return <p>{status.mode === "external" ? runtime.external : runtime.healthy}</p>;
  }
  return (
    <>
      <p>{view.kind === "waiting" || status?.phase === "starting" ? runtime.starting : runtime.wrong}</p>
      <Link to="/diagnostics" className={styles.link}>
        {runtime.diagnostics}
      </Link>
    </>
  );
}
