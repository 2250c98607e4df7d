/** Words for a task, wherever it is shown. */
export const strings = {
  status: { open: "Open", claimed: "Claimed", done: "Done" },
  verb: { claim: "Claim", done: "Finish", abandon: "Give back", interrupt: "Ask to stop" },
  verbOf: (verb: string, title: string) => `${verb}: ${title}`,
  told: {
    claim: (title: string) => `You hold it now: ${title}`,
    done: (title: string) => `Finished: ${title}`,
    abandon: (title: string) => `Given back: ${title}`,
    interrupt: (title: string) => `Its holder was asked to stop: ${title}`,
  },
  result: "Result",
  resultNote: 'Optional. What begins with { or [ is sent as JSON, anything else as {"text": …}.',
  notJson: (why: string) => `This begins as JSON and is none: ${why}`,
  reason: "Why they should stop",
  reasonNote: "Optional. Their channel shows it; nothing else changes until they give the task back.",
  finish: "Finish the task",
  interrupt: "Ask to stop",
  cancel: "Cancel",
  left: (span: string) => `lease ends in ${span}`,
  over: "lease ran out: about to be open again",
} as const;
