// npm run e2e: both end-to-end suites on what is built from the present sources.
//
// npm run e2e -- browser    only the browser
// npm run e2e -- desktop    only the desktop window

import { WHOLE_WORKSPACE } from './lib/cargo.mjs'
import { Problem, heading, script } from './lib/console.mjs'
import { browserTests, desktopTests } from './lib/e2e.mjs'
import { ensureNodePackages, ensureUi } from './lib/freshness.mjs'
import { TESTS, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { run } from './lib/process.mjs'

const suites = { browser: browserTests, desktop: desktopTests }

await script(async () => {
  const asked = process.argv.slice(2)
  const unknown = asked.filter((name) => !(name in suites))
  if (unknown.length > 0) throw new Problem(`no such suite: ${unknown.join(', ')}; there are browser and desktop.`)
  ensureToolchains()
  await ensureSystemPackages(TESTS)
  await ensureNodePackages()
  await ensureUi()
  heading('Rust build')
  await run('cargo', ['build', ...WHOLE_WORKSPACE, '--all-targets'])
  for (const [name, suite] of Object.entries(suites)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    heading(`End to end: ${name}`)
    await suite()
  }
})
