import { useMemo } from "react";
import { useEventWindow } from "../../api/eventWindow";
import { Button } from "../Button";
import { Output } from "../Output";
import { outputLines } from "../outputLines";
import { strings } from "../strings";
import styles from "./RunOutput.module.css";

const OUTPUT_TYPES = ["tool.output"] as const;

/** What a run writes, as it writes it: the newest part first, earlier parts on request. */
export function RunOutput({ runId }: { runId: string }) {
  const [window, store] = useEventWindow({ runId, types: OUTPUT_TYPES });
  const lines = useMemo(() => outputLines(window.events), [window.events]);
  if (window.status === "loading") return <p>{strings.loading}</p>;
  return (
    <div data-testid="run-output">
      {window.older ? (
        <Button className={styles.earlier} onClick={() => void store.loadOlder()} disabled={window.extending !== null}>
          {strings.run.earlierOutput}
        </Button>
      ) : null}
      <Output lines={lines} />
    </div>
  );
}
