/** What is said of a request that failed without words of its own. */
export const strings = {
  notUp: "The Signalbox runtime is not up yet.",
  noAnswer: "The Signalbox runtime does not answer.",
  failed: (status: number, code: string) => `The request failed (${status} ${code}).`,
} as const;
