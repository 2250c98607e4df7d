import { Check, ChevronDown, CirclePause, X } from "lucide-react";
import { useState } from "react";
import type { Approval, Decision } from "../../api/approvals";
import { Button } from "../../components/Button";
import { ChoiceMenu } from "../../components/Menu";
import { strings } from "./strings";
import { Template } from "./Template";
import type { Decisions } from "./useDecisions";
import styles from "./Approvals.module.css";

type Reach = NonNullable<Decision["scope"]>["type"];
type PlainReach = Exclude<Reach, "template">;
type End = keyof typeof strings.end;

const HOUR_MS = 3_600_000;
const endMs: Record<Exclude<End, "asked">, number> = { hour: HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS };
/** A command is approved exactly: no pattern says what a line does. */
const EXACT_ACTION = "command.execute";

/** How far, until when, and the answer itself. */
export function Choices({ approval, decisions, onDeny }: { approval: Approval; decisions: Decisions; onDeny(): void }) {
  const [reach, setReach] = useState<Reach>("once");
  const [end, setEnd] = useState<End>("asked");
  const reaches: Reach[] = [
    "once",
    ...(approval.run_id ? (["run"] as const) : []),
    ...(approval.room_id ? (["room"] as const) : []),
    "workspace",
    ...(approval.action === EXACT_ACTION ? [] : (["template"] as const)),
  ];
  const approve = (scope: Decision["scope"]) =>
    decisions.decide(approval, {
      decision: "approve",
      scope,
      expires_at: end === "asked" ? undefined : new Date(Date.now() + endMs[end]).toISOString(),
    });
  const until = (
    <ChoiceMenu<End>
      label={strings.endLabel}
      value={end}
      onChange={(next) => setEnd(next)}
      options={(Object.keys(strings.end) as End[]).map((each) => ({ value: each, label: strings.end[each] }))}
      trigger={<MenuButton label={strings.endLabel} value={strings.end[end]} />}
    />
  );
  if (reach === "template") {
    return <Template approval={approval} until={until} onApprove={approve} onCancel={() => setReach("once")} />;
  }
  return (
    <>
      <NotAgain reaches={reaches} chosen={reach} onChoose={setReach} />
      <div className={styles.choices}>
        <Button variant="danger" icon={<X />} onClick={onDeny}>
          {strings.deny}
        </Button>
        {approval.status === "pending" ? (
          <Button icon={<CirclePause />} onClick={() => decisions.decide(approval, { decision: "hold" })}>
            {strings.hold}
          </Button>
        ) : null}
        <span className={styles.gap} />
        <ChoiceMenu<Reach>
          label={strings.reachLabel}
          value={reach}
          onChange={(next) => setReach(next)}
          options={reaches.map((each) => ({ value: each, label: each === "template" ? strings.template.choice : wordsOf(each) }))}
          trigger={<MenuButton label={strings.reachLabel} value={wordsOf(reach)} />}
        />
        {until}
        <Button variant="primary" icon={<Check />} onClick={() => approve({ type: reach })}>
          {strings.approve(wordsOf(reach))}
        </Button>
      </div>
    </>
  );
}

/** The rules under which this would not be asked again. Choosing one decides nothing yet. */
function NotAgain({ reaches, chosen, onChoose }: { reaches: readonly Reach[]; chosen: PlainReach; onChoose(reach: Reach): void }) {
  const lasting = reaches.filter((each) => each !== "once" && each !== chosen);
  return (
    <p className={styles.again}>
      {strings.notAgain}
      {lasting.map((each) => (
        <button key={each} type="button" onClick={() => onChoose(each)}>
          {each === "template" ? strings.notAgainPattern : strings.notAgainReach(wordsOf(each))}
        </button>
      ))}
    </p>
  );
}

const wordsOf = (reach: PlainReach): string => strings.reachName[reach] ?? reach;

/** Handed whole to the menu, which gives it what a trigger needs. */
function MenuButton({ label, value, ...trigger }: { label: string; value: string }) {
  return (
    <Button {...trigger}>
      <span className="visually-hidden">{label}: </span>
      {value}
      <ChevronDown aria-hidden="true" />
    </Button>
  );
}
