import { Link, useLocation } from "@tanstack/react-router";
import { BellRing, Bug, ShieldQuestionMark, Siren, type LucideIcon } from "lucide-react";
import { useWaitingCount } from "../api/approvals";
import { useWaitingClaims } from "../api/claims";
import { useOpenIncidents } from "../api/incidents";
import { useAttention } from "../features/notifications/useAttention";
import { useShownKeys } from "../keys/useKeys";
import { strings } from "./strings";
import styles from "./Rail.module.css";

const { frame } = strings;

/** A larger count says no more than this. */
const COUNT_SHOWN = 99;

interface Need {
  key: string;
  label: string;
  icon: LucideIcon;
  link: { to: "/notifications" | "/approvals" | "/incidents"; search?: { reason: "failed" } };
  keys?: string;
  count: number;
  tone: "caution" | "stop" | "person";
  said: string;
}

/** What needs a person, in numbers; a change of them is announced politely, once for all of them. */
export function NeedsYou({ narrow }: { narrow: boolean }) {
  const shown = useShownKeys();
  const waiting = useWaitingCount() + useWaitingClaims();
  const open = useOpenIncidents();
  const { failed, unread } = useAttention();
  const { pathname, search } = useLocation();
  const onlyFailed = "reason" in search && search.reason === "failed";
  const needs: readonly Need[] = [
    { key: "approvals", label: frame.approvals, icon: ShieldQuestionMark, link: { to: "/approvals" }, keys: shown("go.approvals"), count: waiting, tone: "caution", said: frame.waiting(waiting) },
    { key: "failed", label: frame.failedRuns, icon: Bug, link: { to: "/notifications", search: { reason: "failed" } }, count: failed, tone: "stop", said: frame.failed(failed) },
    { key: "incidents", label: frame.incidents, icon: Siren, link: { to: "/incidents" }, keys: shown("go.incidents"), count: open, tone: "stop", said: frame.open(open) },
    { key: "notifications", label: frame.notifications, icon: BellRing, link: { to: "/notifications" }, keys: shown("go.notifications"), count: unread, tone: "person", said: frame.unread(unread) },
  ];
  const isHere = ({ key, link }: Need): boolean =>
    pathname === link.to || pathname.startsWith(`${link.to}/`) ? link.to !== "/notifications" || (key === "failed") === onlyFailed : false;
  return (
    <>
      {narrow ? null : <h2 className={styles.group}>{frame.needsYou}</h2>}
      <ul className={styles.views}>
        {needs.map((need) => (
          <li key={need.key} data-need={need.key}>
            <Link
              {...need.link}
              className={styles.view}
              // Two of them lead to one view: the filter says which of them it is.
              activeOptions={{ exact: true, includeSearch: true }}
              aria-current={isHere(need) ? "page" : undefined}
              title={narrow ? (need.keys ? frame.withKeys(need.label, need.keys) : need.label) : undefined}
            >
              <need.icon aria-hidden="true" />
              <span className={narrow ? "visually-hidden" : styles.label}>{need.label}</span>
              {need.count > 0 ? (
                <span className={narrow ? styles.dot : styles.count} data-tone={need.tone}>
                  <span aria-hidden="true">{narrow ? "" : need.count > COUNT_SHOWN ? `${COUNT_SHOWN}+` : need.count}</span>
                  <span className="visually-hidden"> {need.said}</span>
                </span>
              ) : null}
            </Link>
          </li>
        ))}
      </ul>
      <p className="visually-hidden" role="status">
        {needs.filter((need) => need.count > 0).map((need) => need.said).join(", ")}
      </p>
    </>
  );
}
