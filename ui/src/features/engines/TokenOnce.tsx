import { KeyRound } from "lucide-react";
import { useApi } from "../../api/context";
import type { NewToken } from "../../api/engines";
import { Button } from "../../components/Button";
import { DEFAULT_URL } from "../../components/copyAs";
import { CommandLine } from "../../components/Copyable";
import { Mark } from "../../components/Mark";
import { formatArgv } from "../../text/argv";
import { strings } from "./strings";
import styles from "./Engines.module.css";

/** A new token: shown this once, with the command that uses it. */
export function TokenOnce({ token, name, onDone }: { token: NewToken; name: string; onDone(): void }) {
  const url = useApi().lastUrl() ?? DEFAULT_URL;
  const worker = formatArgv(["signalbox", "worker", "--url", url, ...(token.room ? ["--room", token.room] : [])]);
  const claim = `curl -s -X POST ${url}/v1/runs/claim -H "Authorization: Bearer $SIGNALBOX_TOKEN" -H 'content-type: application/json' -d '{}'`;
  return (
    <div className={styles.once} role="status" data-testid="new-token">
      <p className={styles.onceTitle}>
        <Mark icon={KeyRound} tone="caution" />
        <strong>{strings.once.title(name)}</strong>
      </p>
      <p>{strings.once.text}</p>
      <p>{strings.once.worker}</p>
      <CommandLine command={`SIGNALBOX_TOKEN=${token.secret} ${worker}`} secret={token.secret} />
      <p>{strings.once.own}</p>
      <CommandLine command={claim} />
      <div>
        <Button onClick={onDone}>{strings.once.done}</Button>
      </div>
    </div>
  );
}
