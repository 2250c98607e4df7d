import { Link } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { strings as shared } from "../../components/strings";
import styles from "./Row.module.css";

/** From a row to everything that belongs together with it. Every row has one: it is no more than a link. */
export function CorrelationIcon({ correlationId }: { correlationId: string }) {
  return (
    <Link
      to="/correlation/$correlationId"
      params={{ correlationId }}
      className={styles.runLink}
      aria-label={shared.correlation}
      title={shared.correlation}
      onClick={(click) => click.stopPropagation()}
    >
      <Waypoints aria-hidden="true" />
    </Link>
  );
}
