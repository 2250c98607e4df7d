// npm run bench: builds the runtime as it is released and measures it against this machine's own limits.
//
// npm run bench -- --quick         fewer and shorter rounds
// npm run bench -- --only b,c      some of the measurements
// npm run bench -- --peers         other products in the same rounds, from benches/peers
// npm run bench -- --help          all options

import { executable } from './lib/cargo.mjs'
import { heading, script } from './lib/console.mjs'
import { ensureNodePackages, ensurePeers, ensureUi } from './lib/freshness.mjs'
import { COMPILER, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { foreground, run } from './lib/process.mjs'

await script(async () => {
  const options = process.argv.slice(2)
  ensureToolchains()
  await ensureSystemPackages(COMPILER)
  await ensureNodePackages()
  await ensureUi()
  if (options.includes('--peers')) await ensurePeers()
  heading('Release build')
  await run('cargo', ['build', '--release', '--package', 'daemon', '--package', 'bench'])
  heading('Measurements')
  process.exitCode = await foreground(executable('release', 'bench'), options)
})
