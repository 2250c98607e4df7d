// npm test: everything, in order, from a clean clone; the first red step ends it.
//
// npm test -- --list           names of the steps
// npm test -- --only tidy,ui   some of them

import { WHOLE_WORKSPACE } from './lib/cargo.mjs'
import { Problem, done, heading, script, seconds } from './lib/console.mjs'
import { ensureClients, ensureNodePackages, ensureUi } from './lib/freshness.mjs'
import { browserTests, desktopTests } from './lib/e2e.mjs'
import { TESTS, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { run } from './lib/process.mjs'

const steps = [
  ['format', 'Format', () => run('cargo', ['fmt', '--all', '--check'])],
  ['tidy', 'Layering and taste', () => run('cargo', ['xtask', 'tidy'])],
  ['clippy', 'Clippy', () => run('cargo', ['clippy', ...WHOLE_WORKSPACE, '--all-targets', '--', '--deny', 'warnings'])],
  ['build', 'Rust build', () => run('cargo', ['build', ...WHOLE_WORKSPACE, '--all-targets'])],
  ['contract', 'API contract has not drifted', contract],
  ['rust', 'Rust tests', () => run('cargo', ['test', ...WHOLE_WORKSPACE])],
  ['lint', 'UI lint', () => run('npm', ['run', '--silent', 'lint:ui'])],
  ['ui', 'UI tests', () => run('npm', ['run', '--silent', 'test:ui'])],
  ['clients', 'Real clients of the sockets', clients],
  ['browser', 'End to end: browser', browserTests],
  ['desktop', 'End to end: desktop window', desktopTests],
]

async function clients() {
  await ensureClients()
  await run('npm', ['run', '--silent', 'test:clients'])
}

async function contract() {
  await run('cargo', ['xtask', 'openapi', '--check'])
  await run('npm', ['run', '--silent', 'api:check'])
}

await script(async () => {
  const chosen = choose(process.argv.slice(2))
  if (!chosen) return
  const started = performance.now()
  ensureToolchains()
  await ensureSystemPackages(TESTS)
  await ensureNodePackages()
  // The window embeds the built UI, so even clippy needs it.
  await ensureUi()
  const timings = []
  for (const [, title, work] of chosen) {
    heading(title)
    const begun = performance.now()
    await work()
    timings.push(`${seconds(begun).padStart(9)}  ${title}`)
  }
  heading('All green')
  timings.forEach((line) => console.log(line))
  done(`${seconds(started)} in all`)
})

/** The steps asked for; undefined after listing them. */
function choose(options) {
  if (options.includes('--list')) {
    steps.forEach(([name, title]) => console.log(`${name.padEnd(10)} ${title}`))
    return undefined
  }
  const at = options.indexOf('--only')
  if (at < 0) return steps
  const names = (options[at + 1] ?? '').split(',')
  const unknown = names.filter((name) => !steps.some(([known]) => known === name))
  if (unknown.length > 0) throw new Problem(`no such step: ${unknown.join(', ')}`, 'npm test -- --list')
  return steps.filter(([name]) => names.includes(name))
}
