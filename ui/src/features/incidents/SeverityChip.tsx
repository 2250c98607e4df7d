import type { Severity } from "../../api/incidents";
import { Chip } from "../../components/Chip";
import { severityLooks } from "./look";
import { strings } from "./strings";

export function SeverityChip({ severity }: { severity: Severity }) {
  const { icon: Icon, tone } = severityLooks[severity];
  return (
    <Chip tone={tone}>
      {Icon ? <Icon aria-hidden="true" /> : null}
      {strings.severity[severity]}
    </Chip>
  );
}
