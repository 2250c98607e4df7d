import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { ShieldQuestionMark } from "lucide-react";
import { useState } from "react";
import { approvalQuery, type Approval } from "../../api/approvals";
import { useApi } from "../../api/context";
import { asProblem, isFinal } from "../../api/problem";
import { useIsOwner } from "../../api/queries";
import { ActorName } from "../../components/Actor";
import { linkLooks } from "../../components/Button";
import { CopyAs } from "../../components/CopyAs";
import { Copyable } from "../../components/Copyable";
import { Json } from "../../components/Json";
import { Empty, Failure, OwnerNeeded } from "../../components/Notice";
import { Facts, Page, Scroll } from "../../components/Page";
import { When } from "../../components/When";
import { ApprovalCard } from "./ApprovalCard";
import { strings } from "./strings";
import { Unsent } from "./Unsent";
import { useApprovalKeys } from "./useApprovalKeys";
import { useDecisions } from "./useDecisions";
import styles from "./Approvals.module.css";

/** One approval, whole: the card, everything the requester said, and what became of it. */
export function ApprovalPage({ approvalId }: { approvalId: string }) {
  const { data, error, refetch } = useQuery(approvalQuery(useApi(), approvalId));
  const all = (
    <Link to="/approvals" className={linkLooks.plain}>
      {strings.allApprovals}
    </Link>
  );
  return (
    <Page
      title={strings.one}
      actions={
        <>
          {data ? <CopyAs subject={{ kind: "approval", id: approvalId }} json={() => data} /> : null}
          {all}
        </>
      }
      testId="approval"
    >
      {data ? <Whole approval={data} /> : null}
      {error && !data ? (
        isFinal(error) ? (
          <Empty icon={ShieldQuestionMark} title={strings.notFound}>
            {asProblem(error).message}
          </Empty>
        ) : (
          <Failure problem={error} onRetry={() => void refetch()} />
        )
      ) : null}
      {data || error ? null : <p className={styles.loading}>{strings.loading}</p>}
    </Page>
  );
}

function Whole({ approval }: { approval: Approval }) {
  const owner = useIsOwner();
  const decisions = useDecisions();
  const [list, setList] = useState<HTMLElement | null>(null);
  const [denying, setDenying] = useState(false);
  useApprovalKeys({ list, approvals: [approval], owner: owner === true, decisions, onDeny: () => setDenying(true) });
  return (
    <Scroll>
      <Unsent />
      {owner === false ? <OwnerNeeded /> : null}
      <div ref={setList} className={styles.list}>
        <ApprovalCard
          approval={approval}
          owner={owner}
          decisions={decisions}
          denying={denying}
          onDenying={setDenying}
        >
          {approval.request === null ? null : (
            <section>
              <h3 className={styles.part}>{strings.why}</h3>
              <Json value={approval.request} />
            </section>
          )}
          <FactsOf approval={approval} />
        </ApprovalCard>
      </div>
    </Scroll>
  );
}

function FactsOf({ approval }: { approval: Approval }) {
  const { decided_by_type: byType, decided_by_id: byId, consumed_by_run_id: runId } = approval;
  return (
    <Facts
      facts={[
        [strings.id, <Copyable key="id" text={approval.approval_id} />],
        ...(approval.payload_digest ? ([[strings.digest, <Copyable key="d" text={approval.payload_digest} />]] as const) : []),
        ...(byType && byId ? ([[strings.decidedBy, <ActorName key="by" type={byType} id={byId} />]] as const) : []),
        ...(approval.decided_at ? ([[strings.decidedAt, <When key="at" at={approval.decided_at} />]] as const) : []),
        ...(approval.decision_reason ? ([[strings.decisionReason, approval.decision_reason]] as const) : []),
        ...(runId
          ? ([
              [
                strings.usedBy,
                <Link key="run" to="/runs/$runId" params={{ runId }} className={styles.inline}>
                  {strings.run}
                </Link>,
              ],
            ] as const)
          : []),
      ]}
    />
  );
}
