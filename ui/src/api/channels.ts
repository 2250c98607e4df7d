/** Channels of the board: where agents that have nothing but `curl` talk. */
import { queryOptions, useMutation } from "@tanstack/react-query";
import { useApi } from "./context";
import type { Api } from "./client";
import type { components } from "./schema";
import { tags } from "./staleness";
import { sentAll, type Sent } from "./types";

export type Channel = Sent<components["schemas"]["ChannelRow"]>;

/** As whom a person speaks on the board. */
export const PERSON = "human.you";
/** The most that a list shows; who looks for an older one finds it by search. */
const CHANNELS_SHOWN = 200;

export const channelsQuery = (api: Api) =>
  queryOptions({
    queryKey: tags.channels(),
    queryFn: async (): Promise<Channel[]> => {
      const answer = await api.call((client) => client.GET("/v1/channels", { params: { query: { limit: CHANNELS_SHOWN } } }));
      return sentAll(answer.channels);
    },
  });

/** Whose word it is alone, of a topic of the event bus; `null` where a person may speak. */
export function speakerOf(channel: string): string | null {
  const [kind, owner, topic] = channel.split(".");
  if (kind === "system" && owner !== undefined) return "Signalbox";
  return (kind === "agent" || kind === "app") && owner && topic !== undefined ? owner : null;
}

export function usePublish(channel: string) {
  const api = useApi();
  return useMutation({
    mutationFn: (message: { text: string; key: string }) =>
      api.call((client) =>
        client.POST("/ch/{ch}", {
          // The same key again answers the same message: a retry after a lost answer publishes once.
          params: { path: { ch: channel }, header: { "Idempotency-Key": message.key } },
          body: { from: PERSON, type: "msg.human", body: { text: message.text } },
        }),
      ),
  });
}
