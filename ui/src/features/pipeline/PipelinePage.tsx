import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Columns3, Compass } from "lucide-react";
import { useState } from "react";
import { useApi } from "../../api/context";
import { PER_STAGE, PER_STAGE_MAX, pipelineQuery, STAGES, type Pipeline, type Stage } from "../../api/pipeline";
import { useRoomTitles } from "../../api/queries";
import { Button, linkLooks } from "../../components/Button";
import { Empty, Failure } from "../../components/Notice";
import { Page } from "../../components/Page";
import { useShownKeys } from "../../keys/useKeys";
import { formatCount } from "../../text/measure";
import { Card } from "./Card";
import { strings } from "./strings";
import { useBoardKeys } from "./useBoardKeys";
import styles from "./Pipeline.module.css";

/** Where everything under way stands, live. */
export function PipelinePage() {
  const [perStage, setPerStage] = useState(PER_STAGE);
  const { data, error, refetch } = useQuery(pipelineQuery(useApi(), perStage));
  const shown = useShownKeys();
  const total = data ? STAGES.reduce((sum, stage) => sum + countOf(data, stage), 0) : 0;
  return (
    <Page
      title={strings.title}
      aside={data ? strings.count(total) : null}
      actions={
        total > 0 ? (
          <p className={styles.keys}>
            {strings.keys(shown("board.left"), shown("board.right"), shown("list.next"), shown("list.previous"))}
          </p>
        ) : null
      }
      testId="pipeline"
    >
      {error ? <Failure problem={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <p className={styles.loading}>{strings.loading}</p> : null}
      {data && total === 0 ? (
        <Empty
          icon={Columns3}
          title={strings.emptyTitle}
          action={
            <Link to="/start" className={linkLooks.primary}>
              <Compass aria-hidden="true" />
              {strings.start}
            </Link>
          }
        >
          {strings.emptyText}
        </Empty>
      ) : null}
      {data && total > 0 ? (
        <Board pipeline={data} onMore={perStage < PER_STAGE_MAX ? () => setPerStage(PER_STAGE_MAX) : null} />
      ) : null}
    </Page>
  );
}

const itemsOf = (pipeline: Pipeline, stage: Stage) => pipeline.stages[stage] ?? [];

/** How many there are, shown or not. */
const countOf = (pipeline: Pipeline, stage: Stage): number =>
  pipeline.meta.stage_stats[stage]?.total ?? itemsOf(pipeline, stage).length;

interface BoardProps {
  pipeline: Pipeline;
  /** `null` when all that can be shown is shown. */
  onMore: (() => void) | null;
}

function Board({ pipeline, onMore }: BoardProps) {
  const [board, setBoard] = useState<HTMLElement | null>(null);
  useBoardKeys(board);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrolled by keyboard too
    <div ref={setBoard} className={styles.board} role="region" aria-label={strings.board} tabIndex={0}>
      {STAGES.map((stage) => (
        <Column key={stage} stage={stage} pipeline={pipeline} onMore={onMore} />
      ))}
    </div>
  );
}

function Column({ stage, pipeline, onMore }: BoardProps & { stage: Stage }) {
  const titles = useRoomTitles();
  const items = itemsOf(pipeline, stage);
  const total = countOf(pipeline, stage);
  const name = strings.stage[stage];
  return (
    <section className={styles.column} data-stage={stage} aria-labelledby={`stage-${stage}`}>
      <h2 className={styles.head} id={`stage-${stage}`}>
        <span className={styles.stage}>{name}</span>
        <span className={styles.count} data-count={total}>
          {formatCount(total)}
        </span>
      </h2>
      <div className={styles.cards}>
        {items.length === 0 ? <p className={styles.none}>{strings.stageText[stage]}</p> : null}
        <ul>
          {items.map((item) => (
            <li key={`${item.entity_type} ${item.entity_id}`} className={styles.slot}>
              <Card item={item} room={item.room_id ? (titles.get(item.room_id) ?? null) : null} />
            </li>
          ))}
        </ul>
        {items.length < total ? (
          <div className={styles.rest}>
            <p>{strings.shown(items.length, total)}</p>
            {onMore ? <Button onClick={onMore}>{strings.more}</Button> : <p>{strings.elsewhere}</p>}
          </div>
        ) : null}
      </div>
    </section>
  );
}
