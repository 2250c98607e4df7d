import { Link } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { linkLooks } from "./Button";
import { strings } from "./strings";

/** From one thing to everything that belongs together with it. */
export function CorrelationLink({ correlationId, className }: { correlationId: string; className?: string }) {
  return (
    <Link
      to="/correlation/$correlationId"
      params={{ correlationId }}
      search={(before) => before}
      className={className ?? linkLooks.plain}
    >
      <Waypoints aria-hidden="true" />
      {strings.correlation}
    </Link>
  );
}
