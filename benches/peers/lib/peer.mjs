// How a peer talks with the harness: one line of JSON for each question on standard input, one for each answer on
// standard output. The first line says what it is and how it is set, or why it cannot be measured here. The end of
// standard input ends it, and its server with it: a harness that dies leaves nothing running.

import { createInterface } from 'node:readline'

/** Why a peer cannot be measured on this machine; no fault of anybody's. */
export class Absent extends Error {}

/**
 * `start(dataDir, atEnd)` resolves to `{ ready, answer }`. What it gives to `atEnd` is called at the end, the last first,
 * whether or not the rest has come up.
 */
export async function peer(start) {
  // Ctrl-C reaches the whole group; the harness ends by it, and our input with the harness.
  process.on('SIGINT', () => {})
  const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)
  const endings = []
  try {
    const { ready, answer } = await start(process.argv[2], (ending) => endings.unshift(ending))
    say({ ready })
    for await (const line of createInterface({ input: process.stdin })) {
      say(await answer(JSON.parse(line)))
    }
  } catch (error) {
    say(error instanceof Absent ? { absent: error.message } : { error: String(error?.stack ?? error) })
  } finally {
    for (const end of endings) await end()
  }
  process.exit()
}
