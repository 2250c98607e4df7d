import { useQuery } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { redactionsQuery } from "../../api/queries";
import type { EventDetail } from "../../api/types";
import { Chip } from "../../components/Chip";
import { Json } from "../../components/Json";
import { Failure } from "../../components/Notice";
import { Section } from "../../components/Page";
import { strings } from "./strings";
import styles from "./Inspector.module.css";

const says = (context: unknown): boolean =>
  typeof context === "object" && context !== null && Object.keys(context).length > 0;

/** What the gate, the model and the display knew when it happened; what says nothing is left out. */
export function Contexts({ event }: { event: EventDetail }) {
  const contexts = [
    [strings.policyContext, event.policy_context],
    [strings.modelContext, event.model_context],
    [strings.displayContext, event.display],
  ] as const;
  return contexts.map(([title, context]) =>
    says(context) ? (
      <Section key={title} title={title}>
        <Json value={context} />
      </Section>
    ) : null,
  );
}

/** Which secrets were taken out of an event, and by which rule: never the secrets themselves. */
export function Redactions({ event }: { event: EventDetail }) {
  const redacted = event.contains_secrets || event.redaction_level !== "none";
  const { data, error, refetch } = useQuery({ ...redactionsQuery(useApi(), event.event_id), enabled: redacted });
  if (!redacted) return null;
  return (
    <Section title={strings.redactions}>
      <p className={styles.redacted}>{strings.redactionsText}</p>
      {error ? <Failure compact problem={error} onRetry={() => void refetch()} /> : null}
      <ul data-testid="redactions">
        {data?.map((row) => (
          <li key={row.redaction_log_id} className={styles.redaction}>
            <Chip tone="caution">{row.rule_id}</Chip>
            <code>{row.match_preview}</code>
            <span className={styles.faint}>{row.detector_version}</span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
