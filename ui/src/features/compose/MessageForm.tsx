import { useCreateThread, usePostMessage } from "../../api/mutations";
import { strings } from "./strings";
import { TextForm } from "./TextForm";

interface MessageFormProps {
  roomId: string;
  roomTitle: string;
  threadId?: string;
}

/** A message to a room; its first one begins the first thread. */
export function MessageForm({ roomId, roomTitle, threadId }: MessageFormProps) {
  const createThread = useCreateThread(roomId);
  const post = usePostMessage();
  const send = async (content: string, key: string) => {
    const thread = threadId ?? (await createThread.mutateAsync(strings.firstThread)).thread_id;
    await post.mutateAsync({ threadId: thread, content, key });
  };
  return (
    <TextForm
      draft={`message:${roomId}`}
      label={strings.messageLabel(roomTitle)}
      placeholder={strings.messagePlaceholder}
      busy={createThread.isPending || post.isPending}
      problem={createThread.error ?? post.error}
      send={send}
    />
  );
}
