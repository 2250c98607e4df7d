import { Link } from "@tanstack/react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ShieldQuestionMark } from "lucide-react";
import { useState } from "react";
import { approvalsQuery, useWaitingCount, type ApprovalsTab } from "../../api/approvals";
import { useAnswerClaim, useWaitingClaims, type Claim, type ClaimAnswer } from "../../api/claims";
import { useApi } from "../../api/context";
import { useIsOwner } from "../../api/queries";
import { Button } from "../../components/Button";
import { CommandLine } from "../../components/Copyable";
import { Empty, Failure, OwnerNeeded } from "../../components/Notice";
import { Page, Scroll } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import { useListKeys } from "../../components/useListKeys";
import { useRuntime } from "../../platform/runtime";
import { useShownKeys } from "../../keys/useKeys";
import { ApprovalCard } from "./ApprovalCard";
import { ClaimCard, useClaims } from "./Claims";
import { Refusal } from "./Decide";
import { describeRequest } from "./describe";
import { strings } from "./strings";
import { Unsent } from "./Unsent";
import { useApprovalKeys } from "./useApprovalKeys";
import { useDecisions } from "./useDecisions";
import styles from "./Approvals.module.css";

const tabs: readonly ApprovalsTab[] = ["waiting", "decided", "all"];
export const isTab = (word: string | undefined): word is ApprovalsTab =>
  (tabs as readonly (string | undefined)[]).includes(word);

interface ApprovalsPageProps {
  tab: ApprovalsTab;
  onTab(tab: ApprovalsTab): void;
}

/** What waits for the owner, and everything that was ever decided. */
export function ApprovalsPage({ tab, onTab }: ApprovalsPageProps) {
  const api = useApi();
  const owner = useIsOwner();
  const decisions = useDecisions();
  const shown = useShownKeys();
  const waiting = useWaitingCount();
  const query = useInfiniteQuery(approvalsQuery(api, tab));
  const [list, setList] = useState<HTMLElement | null>(null);
  const [denying, setDenying] = useState<string | null>(null);
  const approvals = query.data?.pages.flatMap((page) => page.approvals);
  const { claims, ...ofClaims } = useClaims(tab, owner);
  const waitingClaims = useWaitingClaims();
  const answer = useAnswerClaim();
  const [told, setTold] = useState("");
  const onClaim = (claim: Claim, said: ClaimAnswer) => {
    if (answer.isPending) return;
    answer.mutate({ claim, answer: said }, { onSuccess: () => setTold(strings.claim.told[said](claim.username)) });
  };
  useListKeys(list);
  useApprovalKeys({ list, approvals: approvals ?? [], claims, owner: owner === true, decisions, onDeny: setDenying, onClaim });
  const answered = answer.variables?.claim;
  /** The card that a refused answer was for may be gone: somebody else answered it. */
  const gone = answer.error && !claims.some(({ claim_id }) => claim_id === answered?.claim_id);
  return (
    <Page
      title={strings.title}
      testId="approvals"
      aside={strings.waits(waiting + waitingClaims)}
      bar={
        <>
          <Segmented
            label={strings.tabs}
            value={tab}
            onChange={onTab}
            options={tabs.map((each) => ({ value: each, label: strings.tab[each] }))}
          />
          {owner && tab !== "decided" ? (
            <p className={styles.keys}>
              {strings.keys(shown("approval.approve"), shown("approval.deny"), shown("approval.hold"))}
              {claims.length > 0 ? ` ${strings.claim.keys(shown("claim.confirm"), shown("claim.refuse"))}` : null}
            </p>
          ) : null}
        </>
      }
    >
      {owner === false ? (
        <div className={styles.notice}>
          <OwnerNeeded />
        </div>
      ) : null}
      <Unsent />
      {decisions.refused
        .filter(({ approval_id }) => !approvals?.some((each) => each.approval_id === approval_id))
        .map((approval) => (
          <div key={approval.approval_id} className={styles.gone}>
            <Link to="/approvals/$approvalId" params={{ approvalId: approval.approval_id }} className={styles.inline}>
              {describeRequest(approval)}
            </Link>
            <Refusal approval={approval} decisions={decisions} />
          </div>
        ))}
      {query.error ? <Failure problem={query.error} onRetry={() => void query.refetch()} /> : null}
      {ofClaims.problem ? <Failure problem={ofClaims.problem} onRetry={ofClaims.refetch} /> : null}
      {gone ? <Failure compact problem={answer.error} /> : null}
      <p role="status" className={told ? styles.told : "visually-hidden"}>
        {told}
      </p>
      {query.isPending && !query.error && claims.length === 0 ? <p className={styles.loading}>{strings.loading}</p> : null}
      {approvals?.length === 0 && claims.length === 0 ? <Nothing tab={tab} /> : null}
      {claims.length > 0 || (approvals && approvals.length > 0) ? (
        <Scroll>
          <ul className={styles.list} ref={setList}>
            {claims.map((claim) => (
              <li key={claim.claim_id}>
                <ClaimCard
                  claim={claim}
                  busy={answer.isPending}
                  problem={answered?.claim_id === claim.claim_id ? answer.error : null}
                  onAnswer={onClaim}
                />
              </li>
            ))}
            {ofClaims.more ? (
              <li>
                <Button onClick={ofClaims.more}>{strings.claim.more}</Button>
              </li>
            ) : null}
            {(approvals ?? []).map((approval) => (
              <li key={approval.approval_id}>
                <ApprovalCard
                  approval={approval}
                  owner={owner}
                  decisions={decisions}
                  denying={denying === approval.approval_id}
                  onDenying={(next) => setDenying(next ? approval.approval_id : null)}
                />
              </li>
            ))}
          </ul>
          {query.hasNextPage ? (
            <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
              {strings.more}
            </Button>
          ) : null}
        </Scroll>
      ) : null}
    </Page>
  );
}

/** An empty list teaches: a line to try where requests appear. */
function Nothing({ tab }: { tab: ApprovalsTab }) {
  const api = useApi();
  const view = useRuntime();
  if (tab === "decided") {
    return (
      <Empty icon={ShieldQuestionMark} title={strings.filteredTitle}>
        {strings.filteredText}
      </Empty>
    );
  }
  const url = (view.kind === "known" ? view.status.url : null) ?? api.lastUrl() ?? "http://127.0.0.1:4242";
  const body = '{"action":"email.send","target":"team@example.com","payload":{"subject":"Hello"},"actor_type":"agent","actor_id":"mailer"}';
  return (
    <div className={styles.nothing}>
      <Empty
        icon={ShieldQuestionMark}
        title={strings.emptyTitle}
        action={<CommandLine command={`curl -s ${url}/v1/approvals -H 'content-type: application/json' -d '${body}'`} />}
      >
        {strings.emptyText}
      </Empty>
    </div>
  );
}
