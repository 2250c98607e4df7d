import { useState } from "react";
import { MessageSquare, SquareTerminal } from "lucide-react";
import { Segmented } from "../../components/Segmented";
import { CommandForm } from "./CommandForm";
import { MessageForm } from "./MessageForm";
import { strings } from "./strings";
import styles from "./Composer.module.css";

interface ComposerProps {
  roomId: string;
  roomTitle: string;
  /** The thread to write in; absent while the room has none. */
  threadId?: string;
  onRun(runId: string): void;
}

type Mode = "message" | "command";

/** The foot of a room: say something, or have something done. */
export function Composer({ roomId, roomTitle, threadId, onRun }: ComposerProps) {
  const [mode, setMode] = useState<Mode>("message");
  return (
    <div className={styles.composer}>
      <Segmented<Mode>
        label={strings.modes}
        value={mode}
        onChange={setMode}
        options={[
          { value: "message", label: strings.message, icon: <MessageSquare aria-hidden="true" /> },
          { value: "command", label: strings.command, icon: <SquareTerminal aria-hidden="true" /> },
        ]}
      />
      {mode === "message" ? (
        <MessageForm key={roomId} roomId={roomId} roomTitle={roomTitle} threadId={threadId} />
      ) : (
        <CommandForm key={roomId} roomId={roomId} threadId={threadId} onRun={onRun} />
      )}
    </div>
  );
}
