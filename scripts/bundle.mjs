// npm run bundle: an installable package of the window and the runtime beside it, in target/release/bundle.

import { heading, script } from './lib/console.mjs'
import { ensureNodePackages } from './lib/freshness.mjs'
import { DESKTOP, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { run } from './lib/process.mjs'

/** The package each system installs without further tools. */
const FORMAT = { linux: 'deb', darwin: 'dmg', win32: 'nsis' }[process.platform] ?? 'deb'

await script(async () => {
  ensureToolchains()
  await ensureSystemPackages(DESKTOP)
  await ensureNodePackages()
  heading('Package')
  await run('npx', ['tauri', 'build', '--bundles', FORMAT, '--config', 'tauri.bundle.conf.json'])
})
