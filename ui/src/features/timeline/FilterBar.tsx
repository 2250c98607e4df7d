import { ArrowDownUp, Boxes, Cog, DoorOpen, Hand, MessageSquare, Package, Play, User, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { useRooms } from "../../api/queries";
import { Button } from "../../components/Button";
import { ToggleChip } from "../../components/Chip";
import { kindOrder, type EventKind } from "../../components/event/kinds";
import { CheckMenu, ChoiceMenu } from "../../components/Menu";
import { setPreferences, usePreferences } from "../../preferences/preferences";
import { strings } from "./strings";
import styles from "./Timeline.module.css";

export interface TimelineFilter {
  kinds: readonly EventKind[];
  actor?: string;
  /** Only these, where a timeline is of every room; none is all. */
  rooms: readonly string[];
}

/** Each room is asked for its own page: more of them at once are slower than all. */
export const ROOMS_MAX = 8;

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
  /** Whether rooms can be chosen here: in a room's own timeline they cannot. */
  ofRooms: boolean;
  children?: ReactNode;
}

/** Filters as chips: nothing pressed shows everything. */
export function FilterBar({ filter, onFilter, actors, ofRooms, children }: FilterBarProps) {
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
        {ofRooms ? <ChosenRooms filter={filter} onFilter={onFilter} /> : null}
      </div>
      <div className={styles.tools}>
        {ofRooms ? <RoomChoice filter={filter} onFilter={onFilter} /> : null}
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

type OfFilter = Pick<FilterBarProps, "filter" | "onFilter">;

/** The chosen rooms as chips: pressing one lets go of it. */
function ChosenRooms({ filter, onFilter }: OfFilter) {
  const { data: rooms = [] } = useRooms();
  return filter.rooms.map((roomId) => (
    <ToggleChip
      key={roomId}
      icon={<DoorOpen aria-hidden="true" />}
      pressed
      onPressedChange={() => onFilter({ ...filter, rooms: filter.rooms.filter((other) => other !== roomId) })}
    >
      {rooms.find((room) => room.room_id === roomId)?.title ?? roomId}
    </ToggleChip>
  ));
}

function RoomChoice({ filter, onFilter }: OfFilter) {
  const { data: rooms = [] } = useRooms();
  if (rooms.length < 2) return null;
  return (
    <CheckMenu
      label={strings.rooms}
      values={filter.rooms}
      options={rooms.map((room) => ({ value: room.room_id, label: room.title }))}
      max={ROOMS_MAX}
      onChange={(chosen) => onFilter({ ...filter, rooms: chosen })}
      trigger={
        <Button variant="ghost" icon={<DoorOpen />}>
          {filter.rooms.length === 0 ? strings.allRooms : strings.someRooms(filter.rooms.length)}
        </Button>
      }
    />
  );
}
