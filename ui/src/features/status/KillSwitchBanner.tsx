import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { OctagonX } from "lucide-react";
import { killSwitchQuery } from "../../api/approvals";
import { useApi } from "../../api/context";
import { useIsOwner } from "../../api/queries";
import { When } from "../../components/When";
import { strings } from "./strings";
import styles from "./KillSwitchBanner.module.css";

/** In every view while the kill switch is on: calm, because it is meant, and never hidden, because it is easily forgotten. */
export function KillSwitchBanner() {
  const api = useApi();
  // Only the owner may ask for it.
  const owner = useIsOwner();
  const { data } = useQuery({ ...killSwitchQuery(api), enabled: owner === true });
  if (!owner || !data?.enabled) return null;
  return (
    <div className={styles.banner} role="status" data-testid="kill-switch-banner">
      <OctagonX aria-hidden="true" />
      <p>
        {strings.killSwitch}
        {data.changed_at ? (
          <span className={styles.since}>
            {" "}
            {strings.killSwitchSince} <When at={data.changed_at} />
          </span>
        ) : null}
      </p>
      <Link to="/settings">{strings.killSwitchSettings}</Link>
    </div>
  );
}
