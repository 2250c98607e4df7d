// Waiting for something to become true, with an end.

import { setTimeout as pause } from 'node:timers/promises'

/** After this a test has failed. Nothing waits that long when all is well. */
const PATIENCE_MS = 60_000
const LOOK_AGAIN_MS = 50

/** The first truthy answer of `ask`. An answer that throws is a "not yet". */
export async function until(what, ask) {
  const end = performance.now() + PATIENCE_MS
  let last
  while (performance.now() < end) {
    try {
      const answer = await ask()
      if (answer) return answer
      last = answer
    } catch (error) {
      last = error
    }
    await pause(LOOK_AGAIN_MS)
  }
  throw new Error(`never came: ${what}; last: ${last instanceof Error ? last.message : JSON.stringify(last)}`)
}
