import { Link } from "@tanstack/react-router";
import { ChevronRight, Siren } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useIsOwner, useRoomTitles } from "../../api/queries";
import { ActorName } from "../../components/Actor";
import { Mark } from "../../components/Mark";
import { FailedRunLink } from "../../components/run/FailedRunLink";
import { When } from "../../components/When";
import { textOf } from "../../text/json";
import type { Notification } from "./fold";
import { isWaiting, type Group } from "./groups";
import { detailOf, lookOf, nameOf, nextStep, wordOf } from "./look";
import { strings } from "./strings";
import styles from "./Notifications.module.css";

/** One notification, or several that say the same: the newest, and the others on request. */
export function GroupRows({ group, cursor }: { group: Group; cursor: number }) {
  const [open, setOpen] = useState(false);
  const { first, all } = group;
  const readTo = Math.max(...all.map((each) => each.readTo));
  return (
    <>
      <Row
        notification={first}
        readTo={readTo}
        unread={first.event.position > cursor}
        count={all.length}
        toggle={
          all.length > 1 ? (
            <button
              type="button"
              className={styles.each}
              aria-expanded={open}
              aria-label={strings.showEach(all.length)}
              onClick={() => setOpen(!open)}
            >
              <ChevronRight aria-hidden="true" />
              {strings.times(all.length)}
            </button>
          ) : null
        }
      />
      {open ? all.slice(1).map((each) => <Row key={each.key} notification={each} readTo={each.readTo} unread={each.event.position > cursor} inner />) : null}
    </>
  );
}

interface RowProps {
  notification: Notification;
  readTo: number;
  unread: boolean;
  count?: number;
  toggle?: ReactNode;
  /** One of several that say the same. */
  inner?: boolean;
}

function Row({ notification, readTo, unread, count = 1, toggle, inner }: RowProps) {
  const titles = useRoomTitles();
  const owner = useIsOwner() === true;
  const { event, incidentId, kind, by, expiresAt } = notification;
  const name = nameOf(notification);
  const detail = detailOf(notification);
  const room = event.room_id ? titles.get(event.room_id) : null;
  return (
    <li
      className={styles.item}
      data-notification={kind}
      data-reason={notification.reason}
      data-unread={unread || undefined}
      data-read-to={readTo}
      data-inner={inner || undefined}
    >
      <Target notification={notification}>
        <span className={styles.dot}>{unread ? <span className="visually-hidden">{strings.unread}: </span> : null}</span>
        <Mark {...lookOf(notification)} />
        <span className={styles.word} data-tone={lookOf(notification).tone}>
          {wordOf(notification)}
        </span>
        <span className={styles.what}>
          <span className={styles.name} title={name.text}>
            {count > 1 ? <span className="visually-hidden">{strings.times(count)} </span> : null}
            {name.code ? <code>{name.text}</code> : name.text}
          </span>
          <span className={styles.about}>
            <ActorName type={by.type} id={by.id} />
            {room ? <span className={styles.room}>{room}</span> : null}
            {detail ? (
              <span className={styles.detail} title={detail}>
                {detail}
              </span>
            ) : null}
            {expiresAt && isWaiting(notification) ? (
              <span className={styles.detail}>
                {strings.unanswered} <When at={expiresAt} />
              </span>
            ) : null}
          </span>
        </span>
        <span className={styles.next}>{nextStep(notification, owner)}</span>
      </Target>
      <span className={styles.beside}>
        {toggle}
        {incidentId && kind === "run" ? (
          <Link
            to="/incidents/$incidentId"
            params={{ incidentId }}
            className={styles.incident}
            aria-label={strings.openIncident(name.text)}
          >
            <Siren aria-hidden="true" />
            {strings.incident}
          </Link>
        ) : null}
      </span>
      <span className={styles.age}>
        <When at={event.occurred_at} />
      </span>
    </li>
  );
}

/** Leads to exactly the thing: the request, the step that failed, the incident, the event. */
function Target({ notification, children }: { notification: Notification; children: ReactNode }) {
  const { kind, event, approvalId, runId, incidentId } = notification;
  const look = { className: styles.row, "data-list-stop": true } as const;
  if (kind === "approval" && approvalId) {
    return (
      <Link to="/approvals/$approvalId" params={{ approvalId }} {...look}>
        {children}
      </Link>
    );
  }
  if (kind === "run" && runId) {
    return (
      <FailedRunLink runId={runId} eventId={event.event_id} className={styles.row} stop>
        {children}
      </FailedRunLink>
    );
  }
  if (kind === "incident" && incidentId) {
    return (
      <Link to="/incidents/$incidentId" params={{ incidentId }} {...look}>
        {children}
      </Link>
    );
  }
  if (kind === "completion" && runId) {
    return (
      <Link to="/runs/$runId" params={{ runId }} {...look}>
        {children}
      </Link>
    );
  }
  // The event in which a secret was, or the refusal itself.
  const eventId = textOf(event.data, "source_event_id") ?? event.event_id;
  return (
    <Link to="." search={(before: object) => ({ ...before, event: eventId, run: undefined })} {...look}>
      {children}
    </Link>
  );
}
