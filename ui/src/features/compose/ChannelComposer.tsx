import { usePublish } from "../../api/channels";
import { strings } from "./strings";
import { TextForm } from "./TextForm";
import styles from "./Composer.module.css";

/** The foot of a channel: say something to whoever listens there. */
export function ChannelComposer({ channel }: { channel: string }) {
  const publish = usePublish(channel);
  return (
    <div className={styles.composer}>
      <TextForm
        draft={`channel:${channel}`}
        label={strings.messageLabel(channel)}
        placeholder={strings.channelPlaceholder}
        busy={publish.isPending}
        problem={publish.error}
        send={(text, key) => publish.mutateAsync({ text, key })}
      />
    </div>
  );
}
