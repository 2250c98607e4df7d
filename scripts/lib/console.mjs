// What a person reads while a script works: headings, elapsed time, one sentence per problem.

const colour = process.stdout.isTTY && !process.env.NO_COLOR
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text)

/** A problem a person can solve: printed without a stack trace. `remedy` is a command or a link, one per line. */
export class Problem extends Error {
  constructor(message, remedy) {
    super(message)
    this.remedy = remedy
  }
}

export const heading = (text) => console.log(`\n${paint('1;36', `== ${text}`)}`)
export const note = (text) => console.log(paint('2', `   ${text}`))
export const done = (text) => console.log(paint('32', `   ${text}`))

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`

/** Runs `main`, turns a Problem into a readable message, and makes every failure a non-zero exit. */
export async function script(main) {
  try {
    await main()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    console.error(`\n${paint('1;31', 'Stopped:')} ${error.message}`)
    if (error.remedy) console.error(`\n${error.remedy.replace(/^/gm, '    ')}\n`)
    process.exitCode = 1
  }
}
