/** The board of everything under way: where each run, request and experiment stands. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import type { Api } from "./client";
import { callPending, type PendingSchemas } from "./pending";
import { tags } from "./staleness";

export type PipelineItem = PendingSchemas["PipelineItem"];
export type Pipeline = PendingSchemas["Pipeline"];

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
    queryFn: () => {
      const query = { format: "envelope", per_stage: perStage };
      return callPending<Pipeline>(api, "GET", "/v1/pipeline/projection", { params: { query } });
    },
    placeholderData: keepPreviousData,
  });
