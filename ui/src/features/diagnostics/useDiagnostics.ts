import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { tags } from "../../api/staleness";
import { usePlatform, type Diagnostics } from "../../platform";

/** The page asks this often while it is open. */
const REFRESH_MS = 3000;
/** How many readings a sparkline shows. */
const HISTORY = 40;

export interface Reading {
  memory: number[];
  cpu: number[];
}

/** The report, asked again while the page is open, with the recent past of memory and processor. */
export function useDiagnostics() {
  const platform = usePlatform();
  const query = useQuery({
    queryKey: tags.diagnostics(),
    queryFn: () => platform.diagnostics(),
    refetchInterval: REFRESH_MS,
    retry: false,
  });
  const [past, setPast] = useState<{ at: string | null; readings: ReadonlyMap<string, Reading> }>({
    at: null,
    readings: new Map(),
  });
  if (query.data && query.data.generated_at !== past.at) {
    setPast({ at: query.data.generated_at, readings: extend(past.readings, query.data) });
  }
  return { ...query, readings: past.readings };
}

function extend(readings: ReadonlyMap<string, Reading>, report: Diagnostics): ReadonlyMap<string, Reading> {
  return new Map(
    report.usage.map((usage) => {
      const before = readings.get(usage.component);
      return [
        usage.component,
        {
          memory: [...(before?.memory ?? []), usage.memory_bytes].slice(-HISTORY),
          cpu: [...(before?.cpu ?? []), usage.cpu_percent].slice(-HISTORY),
        },
      ];
    }),
  );
}
