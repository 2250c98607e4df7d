import { ArrowDownUp, Boxes, Cog, Hand, MessageSquare, Package, Play, User, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "../../components/Button";
import { ToggleChip } from "../../components/Chip";
import { kindOrder, type EventKind } from "../../components/event/kinds";
import { ChoiceMenu } from "../../components/Menu";
import { setPreferences, usePreferences } from "../../preferences/preferences";
import { strings } from "./strings";
import styles from "./Timeline.module.css";

export interface TimelineFilter {
  kinds: readonly EventKind[];
  actor?: string;
}

const ANYONE = "";

const icons: Record<EventKind, LucideIcon> = {
  messages: MessageSquare,
  runs: Play,
  approvals: Hand,
  tools: Boxes,
  artifacts: Package,
  system: Cog,
};

interface FilterBarProps {
  filter: TimelineFilter;
  onFilter(filter: TimelineFilter): void;
  actors: readonly string[];
  children?: ReactNode;
}

/** Filters as chips: nothing pressed shows everything. */
export function FilterBar({ filter, onFilter, actors, children }: FilterBarProps) {
  const { order } = usePreferences();
  const choices = filter.actor && !actors.includes(filter.actor) ? [filter.actor, ...actors] : actors;
  return (
    <div className={styles.bar}>
      <div className={styles.chips} role="group" aria-label={strings.kindsLabel}>
        {kindOrder.map((kind) => {
          const Icon = icons[kind];
          return (
            <ToggleChip
              key={kind}
              icon={<Icon aria-hidden="true" />}
              pressed={filter.kinds.includes(kind)}
              onPressedChange={(pressed) =>
                onFilter({
                  ...filter,
                  kinds: pressed ? [...filter.kinds, kind] : filter.kinds.filter((other) => other !== kind),
                })
              }
            >
              {strings.kinds[kind]}
            </ToggleChip>
          );
        })}
      </div>
      <div className={styles.tools}>
        <ChoiceMenu
          label={strings.actor}
          value={filter.actor ?? ANYONE}
          options={[
            { value: ANYONE, label: strings.anyActor },
            ...choices.map((actor) => ({ value: actor, label: actor })),
          ]}
          onChange={(actor) => onFilter({ ...filter, actor: actor === ANYONE ? undefined : actor })}
          trigger={
            <Button variant="ghost" icon={<User />}>
              {filter.actor ?? strings.anyActor}
            </Button>
          }
        />
        <ChoiceMenu
          label={strings.order}
          value={order}
          options={[
            { value: "newest-last", label: strings.newestLast },
            { value: "newest-first", label: strings.newestFirst },
          ]}
          onChange={(next) => setPreferences({ order: next })}
          trigger={
            <Button variant="ghost" icon={<ArrowDownUp />}>
              {strings.order}
            </Button>
          }
        />
        {children}
      </div>
    </div>
  );
}
