import { Link, useNavigate } from "@tanstack/react-router";
import { useQueryClient } from "@tanstack/react-query";
import type { MouseEvent, ReactNode } from "react";
import { useApi } from "../../api/context";
import { runStructureQuery } from "../../api/runEvents";
import { failedStep } from "./failedStep";

interface FailedRunLinkProps {
  runId: string;
  /** Selected while the steps of the run are not known: the event of its failure. */
  eventId?: string;
  className?: string;
  /** It is a stop of j and k. */
  stop?: boolean;
  children: ReactNode;
}

/** Leads to a failed run with the step that failed in the inspector. */
export function FailedRunLink({ runId, eventId, className, stop, children }: FailedRunLinkProps) {
  const api = useApi();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const open = async (event: MouseEvent) => {
    // A new tab or window finds its own way.
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const events = await queries.ensureQueryData(runStructureQuery(api, runId)).catch(() => []);
    void navigate({ to: "/runs/$runId", params: { runId }, search: { event: failedStep(events) ?? eventId } });
  };
  return (
    <Link
      to="/runs/$runId"
      params={{ runId }}
      search={{ event: eventId }}
      className={className}
      data-list-stop={stop || undefined}
      onClick={(event) => void open(event)}
    >
      {children}
    </Link>
  );
}
