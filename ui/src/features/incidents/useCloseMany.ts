import { useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { useApi } from "../../api/context";
import { explainAndClose, type CommonFinding, type Incident } from "../../api/incidents";
import { asProblem } from "../../api/problem";
import { tags } from "../../api/staleness";

export interface Failed {
  incident: Incident;
  problem: unknown;
}

export interface Progress {
  running: boolean;
  total: number;
  closed: Incident[];
  /** Somebody else closed them meanwhile; nothing was written to them. */
  before: Incident[];
  failed: Failed[];
  /** What was not begun, because it was stopped or the next would have failed alike. */
  left: Incident[];
}

const CONFLICT = 409;
const GONE = 404;
/** What is wrong with one incident says nothing of the next; a lost runtime or session does. */
const isOfOne = (problem: unknown): boolean => [CONFLICT, GONE].includes(asProblem(problem).status ?? 0);

/** Closes incidents one after the other. It ends with the page: what was not begun by then is left open. */
export function useCloseMany() {
  const api = useApi();
  const queries = useQueryClient();
  const [progress, setProgress] = useState<Progress | null>(null);
  const stopped = useRef(false);
  useEffect(() => {
    stopped.current = false;
    return () => {
      stopped.current = true;
    };
  }, []);

  const start = async (incidents: readonly Incident[], finding: CommonFinding): Promise<Progress> => {
    stopped.current = false;
    let now: Progress = { running: true, total: incidents.length, closed: [], before: [], failed: [], left: [...incidents] };
    setProgress(now);
    for (const incident of incidents) {
      if (stopped.current) break;
      const left = now.left.filter((each) => each !== incident);
      try {
        const ended = await explainAndClose(api, incident.incident_id, finding);
        now = { ...now, left, [ended]: [...now[ended], incident] };
      } catch (problem) {
        now = { ...now, left, failed: [...now.failed, { incident, problem }] };
        if (!isOfOne(problem)) stopped.current = true;
      }
      setProgress(now);
    }
    now = { ...now, running: false };
    setProgress(now);
    void queries.invalidateQueries({ queryKey: tags.incidents() });
    return now;
  };
  return {
    progress,
    start,
    /** After the one that is under way. */
    stop: () => {
      stopped.current = true;
    },
  };
}
