import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, KeyRound, type LucideIcon } from "lucide-react";
import type { ApprovalsTab } from "../../api/approvals";
import { claimsQuery, waitingClaimsQuery, type Claim, type ClaimAnswer, type ClaimState } from "../../api/claims";
import { useApi } from "../../api/context";
import { Button } from "../../components/Button";
import { Chip } from "../../components/Chip";
import { Copyable } from "../../components/Copyable";
import { Mark, type Tone } from "../../components/Mark";
import { Failure } from "../../components/Notice";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./Approvals.module.css";

const { claim: words } = strings;

const looks: Record<ClaimState, { icon: LucideIcon; tone: Tone }> = {
  pending: { icon: CircleDashed, tone: "caution" },
  confirmed: { icon: CircleCheck, tone: "clear" },
  refused: { icon: CircleX, tone: "stop" },
  used: { icon: KeyRound, tone: "system" },
  expired: { icon: Hourglass, tone: "system" },
};

export interface ShownClaims {
  claims: readonly Claim[];
  problem: unknown;
  refetch(): void;
  /** `null` when all are shown. */
  more: (() => void) | null;
}

/** The claims of a tab: those that wait, those that were answered, or all. */
export function useClaims(tab: ApprovalsTab, owner: boolean | null): ShownClaims {
  const api = useApi();
  const waiting = useQuery(waitingClaimsQuery(api, owner));
  const history = useInfiniteQuery({ ...claimsQuery(api, owner), enabled: owner === true && tab !== "waiting" });
  if (tab === "waiting") {
    return { claims: waiting.data ?? [], problem: waiting.error, refetch: () => void waiting.refetch(), more: null };
  }
  const all = history.data?.pages.flatMap((page) => page.claims) ?? [];
  return {
    claims: tab === "decided" ? all.filter(({ state }) => state !== "pending") : all,
    problem: history.error,
    refetch: () => void history.refetch(),
    more: history.hasNextPage && !history.isFetchingNextPage ? () => void history.fetchNextPage() : null,
  };
}

interface ClaimCardProps {
  claim: Claim;
  busy: boolean;
  /** Why the last answer did not come through. */
  problem: unknown;
  onAnswer(claim: Claim, answer: ClaimAnswer): void;
}

/** Who wants a key, by which words one knows them, what it would end, and the owner's answer. */
export function ClaimCard({ claim, busy, problem, onAnswer }: ClaimCardProps) {
  const { username, state } = claim;
  const name = words.wants(username);
  const waits = state === "pending";
  return (
    <article
      className={styles.card}
      aria-label={name}
      data-claim-id={claim.claim_id}
      data-claim-state={state}
      // The keys act on the card that has the focus; it has no page of its own to link to.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      data-list-stop
    >
      <header className={styles.head}>
        <Mark {...looks[state]} />
        <h2>{name}</h2>
        <Chip tone={looks[state].tone}>{words.state[state]}</Chip>
      </header>
      <div className={styles.content}>
        <dl className={styles.asked}>
          <div>
            <dt>{words.signature}</dt>
            <dd>
              <Copyable text={claim.signature} />
            </dd>
          </div>
        </dl>
        {waits ? <p className={styles.compare}>{words.compare(username)}</p> : null}
      </div>
      {claim.replaces_key && (waits || state === "confirmed") ? (
        <p className={styles.replaces}>
          <Mark icon={Ban} tone="stop" />
          <span>{words.replaces(username)}</span>
        </p>
      ) : null}
      {problem ? <Failure compact problem={problem} /> : null}
      <footer className={styles.foot}>
        <Times claim={claim} />
        {waits ? (
          <div className={styles.answers}>
            <Button variant="danger" disabled={busy} onClick={() => onAnswer(claim, "refuse")}>
              {words.refuse}
            </Button>
            <Button variant="primary" disabled={busy} onClick={() => onAnswer(claim, "confirm")}>
              {words.confirm}
            </Button>
          </div>
        ) : null}
      </footer>
    </article>
  );
}

function Times({ claim }: { claim: Claim }) {
  const open = claim.state === "pending" || claim.state === "confirmed";
  return (
    <p className={styles.times}>
      <span>
        {words.since} <When at={claim.created_at} />
      </span>
      {claim.decided_at ? (
        <span>
          {words.answered} <When at={claim.decided_at} />
        </span>
      ) : null}
      {open ? (
        <span>
          {claim.state === "pending" ? words.ends : words.fetchedUntil} <When at={claim.expires_at} />
        </span>
      ) : null}
    </p>
  );
}
