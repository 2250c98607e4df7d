import { Link, useNavigate } from "@tanstack/react-router";
import { useInfiniteQuery } from "@tanstack/react-query";
import { ListChecks, Plus, Siren } from "lucide-react";
import { useState } from "react";
import { incidentsQuery, OPEN_COUNTED, useOpenIncidents, type Incident, type IncidentsTab } from "../../api/incidents";
import { useApi } from "../../api/context";
import { useIsOwner, useRoomTitles } from "../../api/queries";
import { Button } from "../../components/Button";
import { Mark } from "../../components/Mark";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { Segmented } from "../../components/Segmented";
import { useListKeys } from "../../components/useListKeys";
import { When } from "../../components/When";
import { CloseMany } from "./CloseMany";
import { IncidentForm } from "./IncidentForm";
import { categoryOf, statusLooks } from "./look";
import { SeverityChip } from "./SeverityChip";
import { strings } from "./strings";
import styles from "./Incidents.module.css";

const tabs: readonly IncidentsTab[] = ["open", "closed", "all"];
export const isTab = (word: string | undefined): word is IncidentsTab =>
  (tabs as readonly (string | undefined)[]).includes(word);

interface IncidentsPageProps {
  tab: IncidentsTab;
  creating: boolean;
  onTab(tab: IncidentsTab): void;
  onCreating(creating: boolean): void;
}

/** What went wrong and is not understood yet; and everything that was. */
export function IncidentsPage({ tab, creating, onTab, onCreating }: IncidentsPageProps) {
  const query = useInfiniteQuery(incidentsQuery(useApi(), tab));
  const open = useOpenIncidents();
  const navigate = useNavigate();
  const [list, setList] = useState<HTMLElement | null>(null);
  useListKeys(list);
  const { data: incidents } = query;
  const owner = useIsOwner() === true;
  /** Incidents to be closed together; `null` while none are being chosen. */
  const [chosen, setChosen] = useState<readonly Incident[] | null>(null);
  const choosing = chosen !== null && tab === "open" && owner;
  const isChosen = ({ incident_id }: Incident) => chosen?.some((each) => each.incident_id === incident_id) === true;
  const choose = (incident: Incident, yes: boolean) =>
    setChosen((before) => [
      ...(before ?? []).filter((each) => each.incident_id !== incident.incident_id),
      ...(yes ? [incident] : []),
    ]);
  const byHand = (
    <Button icon={<Plus />} onClick={() => onCreating(true)}>
      {strings.byHand}
    </Button>
  );
  return (
    <Page
      title={strings.title}
      testId="incidents"
      aside={strings.openCount(Math.min(open, OPEN_COUNTED - 1), open >= OPEN_COUNTED)}
      actions={
        <>
          {owner && tab === "open" && !choosing && (incidents?.length ?? 0) > 1 ? (
            <Button icon={<ListChecks />} onClick={() => setChosen([])}>
              {strings.many.open}
            </Button>
          ) : null}
          {byHand}
        </>
      }
      bar={
        <Segmented
          label={strings.tabs}
          value={tab}
          onChange={onTab}
          options={tabs.map((each) => ({ value: each, label: strings.tab[each] }))}
        />
      }
    >
      {creating ? (
        <IncidentForm
          onCancel={() => onCreating(false)}
          onOpened={(incidentId) => void navigate({ to: "/incidents/$incidentId", params: { incidentId } })}
        />
      ) : null}
      {choosing ? (
        <CloseMany
          chosen={chosen}
          all={incidents !== undefined && incidents.length > 0 && incidents.every(isChosen)}
          onAll={(all) => setChosen(all ? (incidents ?? []) : [])}
          onChosen={setChosen}
          onDone={() => setChosen(null)}
        />
      ) : null}
      {query.error ? <Failure problem={query.error} onRetry={() => void query.refetch()} /> : null}
      {query.isPending && !query.error ? <p className={styles.loading}>{strings.loading}</p> : null}
      {incidents?.length === 0 && !creating && !choosing ? <Nothing tab={tab} onAll={() => onTab("all")} /> : null}
      {incidents && incidents.length > 0 ? (
        <div className={styles.table} ref={setList}>
          <div className={choosing ? `${styles.head} ${styles.headChoosing}` : styles.head} aria-hidden="true">
            <span>{strings.columns.state}</span>
            <span>{strings.columns.title}</span>
            <span>{strings.columns.severity}</span>
            <span>{strings.columns.room}</span>
            <span className={styles.right}>{strings.columns.when}</span>
          </div>
          <ul>
            {incidents.map((incident) => (
              <li key={incident.incident_id} className={choosing ? styles.choosing : undefined}>
                {choosing ? (
                  <input
                    type="checkbox"
                    aria-label={strings.many.choose(incident.title)}
                    checked={isChosen(incident)}
                    onChange={(event) => choose(incident, event.target.checked)}
                  />
                ) : null}
                <IncidentLine incident={incident} />
              </li>
            ))}
          </ul>
          {query.hasNextPage ? (
            <div className={styles.more}>
              <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                {strings.more}
              </Button>
            </div>
          ) : null}
        </div>
      ) : null}
    </Page>
  );
}

function IncidentLine({ incident }: { incident: Incident }) {
  const titles = useRoomTitles();
  const { status, learning_count: learned } = incident;
  const said = [status === "closed" && learned > 0 ? strings.learnings(learned) : categoryOf(incident), incident.summary].filter(Boolean).join(" · ");
  return (
    <Link
      to="/incidents/$incidentId"
      params={{ incidentId: incident.incident_id }}
      className={styles.row}
      data-list-stop
      data-incident-id={incident.incident_id}
      data-incident-status={status}
    >
      <span className={styles.state}>
        <Mark {...statusLooks[status]} />
        {strings.status[status]}
      </span>
      <span className={styles.what}>
        <span className={styles.name} title={incident.title}>
          {incident.title}
        </span>
        {said ? (
          <span className={styles.said} title={said}>
            {said}
          </span>
        ) : null}
      </span>
      <span>
        <SeverityChip severity={incident.severity} />
      </span>
      <span className={styles.cell}>{incident.room_id ? (titles.get(incident.room_id) ?? "") : ""}</span>
      <span className={styles.right}>
        <When at={incident.created_at} />
      </span>
    </Link>
  );
}

function Nothing({ tab, onAll }: { tab: IncidentsTab; onAll(): void }) {
  if (tab === "closed") {
    return (
      <Empty icon={Siren} title={strings.closedTitle}>
        {strings.closedText}
      </Empty>
    );
  }
  return (
    <Empty
      icon={Siren}
      title={tab === "open" ? strings.emptyTitle : strings.noneTitle}
      action={tab === "open" ? <Button onClick={onAll}>{strings.allIncidents}</Button> : null}
    >
      {strings.emptyText}
    </Empty>
  );
}
