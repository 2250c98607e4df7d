/** What is said of a request that failed without words of its own. */
export const strings = {
  notUp: "The Signalbox runtime is not up yet.",
  noAnswer: "The Signalbox runtime does not answer.",
  failed: (status: number, code: string) => `The request failed (${status} ${code}).`,
  noFile: "There is no such file here.",
  noFileHint: "Its name was said, its content was never stored. Whoever has it stores it with: signalbox file put",
  whyNot: {
    done: (holder: string) => `${holder} has done this task.`,
    askAgain: "Ask for a new one when more is to be done.",
    open: "Nobody holds this task.",
    claimFirst: "Claim it first.",
    yours: "You hold this task already.",
    endIt: "Finish it, or give it back.",
    held: (holder: string) => `${holder} holds this task.`,
    waitOrInterrupt: "It is open again when they give it back, or when their lease runs out. You can ask them to stop.",
    onlyHolder: (holder: string) => `Only ${holder} can end it. You can ask them to stop.`,
  },
} as const;
