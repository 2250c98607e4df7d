/** The board of everything under way: where each run, request and experiment stands. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Api } from "./client";
import type { components } from "./schema";
import { tags } from "./staleness";

type Schemas = components["schemas"];

export type Pipeline = Schemas["PipelineEnvelope"];
export type PipelineItem = Pipeline["stages"][Stage][number];

/** In the order in which things go through them; the last two are ends. */
export const STAGES = [
  "1_inbox",
  "2_pending_approval",
  "3_execute_workspace",
  "4_review_evidence",
  "5_promoted",
  "6_demoted",
] as const;
export type Stage = (typeof STAGES)[number];

/** Cards of a column at first, and the most the server gives. */
export const PER_STAGE = 50;
export const PER_STAGE_MAX = 200;

export const pipelineQuery = (api: Api, perStage: number) =>
  queryOptions({
    queryKey: [...tags.pipeline(), perStage],
    queryFn: async () => {
      const query = { format: "envelope", per_stage: perStage } as const;
      const board = await api.call((client) => client.GET("/v1/pipeline/projection", { params: { query } }));
      // The other shape is that of another format.
      return board as Pipeline;
    },
    placeholderData: keepPreviousData,
  });
