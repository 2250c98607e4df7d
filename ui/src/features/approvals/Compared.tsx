import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { recentQuery, type Approval } from "../../api/approvals";
import { useApi } from "../../api/context";
import { ActorName } from "../../components/Actor";
import { When } from "../../components/When";
import { differences, earlierLike, type Difference, type TextLine } from "./compare";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

const { compared: words } = strings;

/** What is different from the last request like this one, and how that one was decided. */
export function Compared({ approval }: { approval: Approval }) {
  const { data = [] } = useQuery(recentQuery(useApi()));
  const before = earlierLike(approval, data);
  if (!before) return null;
  const changed = differences(before, approval);
  return (
    <section className={styles.compared} aria-label={words.title} data-compared-with={before.approval_id}>
      <p>
        {changed.length > 0 ? words.changed(changed.length) : isSame(before, approval) ? words.same : words.hidden}{" "}
        <Link to="/approvals/$approvalId" params={{ approvalId: before.approval_id }} className={styles.inline}>
          {words.asked}
        </Link>{" "}
        {before.requested_by_id === approval.requested_by_id ? null : (
          <>
            {words.by} <ActorName type={before.requested_by_type} id={before.requested_by_id} />{" "}
          </>
        )}
        <When at={before.requested_at} /> · {words.was(verdictOf(before))}
        {before.decision_reason ? ` · ${before.decision_reason}` : ""}
      </p>
      {changed.length > 0 ? (
        <dl className={styles.asked}>
          {changed.map((each) => (
            <Changed key={each.name} difference={each} />
          ))}
        </dl>
      ) : null}
    </section>
  );
}

/** The same to the gate, which compares the whole content: what is empty or nested otherwise differs too. */
const isSame = (before: Approval, after: Approval): boolean =>
  before.target === after.target && before.payload_digest === after.payload_digest;

/** How it was decided: what became of the decision later does not count. */
const verdictOf = ({ decision, status }: Approval): string =>
  words.verdict[decision ?? ""] ?? strings.status[status];

function Changed({ difference: { name, lines } }: { difference: Difference }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className={styles.lines}>
        {lines.map((line, index) => (
          <Line key={index} line={line} />
        ))}
      </dd>
    </div>
  );
}

/** The sign and the word go with the colour: a screen reader says neither `del` nor a background. */
function Line({ line: { kind, text } }: { line: TextLine }) {
  if (kind === "same") return <span data-line={kind}>{text}</span>;
  const Tag = kind === "gone" ? "del" : "ins";
  return (
    <Tag data-line={kind}>
      <span className="visually-hidden">{words[kind]}: </span>
      {text}
    </Tag>
  );
}
