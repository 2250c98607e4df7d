import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeyRound, ShieldQuestionMark, Siren } from "lucide-react";
import { approvalsQuery } from "../api/approvals";
import { waitingClaimsQuery } from "../api/claims";
import { useApi } from "../api/context";
import { incidentsQuery } from "../api/incidents";
import { useIsOwner } from "../api/queries";
import { describeRequest } from "../features/approvals/describe";
import type { Command } from "../features/palette/Palette";
import { strings } from "./strings";

/** Of each kind; the newest. */
const OFFERED = 10;

/** What waits for the owner, to be opened by its name: the palette never decides. Asked for while it is `open`. */
export function useNeeds(open: boolean): Command[] {
  const api = useApi();
  const navigate = useNavigate();
  const { data: waiting } = useInfiniteQuery({ ...approvalsQuery(api, "waiting"), enabled: open });
  const { data: incidents = [] } = useInfiniteQuery({ ...incidentsQuery(api, "open"), enabled: open });
  const { data: claims = [] } = useQuery(waitingClaimsQuery(api, useIsOwner()));
  const approvals = waiting?.pages.flatMap((page) => page.approvals) ?? [];
  return [
    ...claims.slice(0, OFFERED).map(
      (claim): Command => ({
        id: claim.claim_id,
        group: "needs",
        label: strings.frame.wantsKey(claim.username),
        hint: strings.frame.claim,
        icon: <KeyRound aria-hidden="true" />,
        run: () => void navigate({ to: "/approvals" }),
      }),
    ),
    ...approvals.slice(0, OFFERED).map(
      (approval): Command => ({
        id: approval.approval_id,
        group: "needs",
        label: describeRequest(approval),
        hint: strings.frame.approval,
        icon: <ShieldQuestionMark aria-hidden="true" />,
        run: () => void navigate({ to: "/approvals/$approvalId", params: { approvalId: approval.approval_id } }),
      }),
    ),
    ...incidents.slice(0, OFFERED).map(
      (incident): Command => ({
        id: incident.incident_id,
        group: "needs",
        label: incident.title,
        hint: strings.frame.incident,
        icon: <Siren aria-hidden="true" />,
        run: () => void navigate({ to: "/incidents/$incidentId", params: { incidentId: incident.incident_id } }),
      }),
    ),
  ];
}
