// npm run dev: the window with hot reload of the UI and a rebuild of the shell on change. A change in runtime/daemon
// needs a new start.
//
// Without a display, or with --headless: the runtime in this terminal beside the UI's development server.

import { heading, note, script } from './lib/console.mjs'
import { hasDisplay } from './lib/display.mjs'
import { ensureNodePackages } from './lib/freshness.mjs'
import { COMPILER, DESKTOP, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { foreground, run } from './lib/process.mjs'

await script(async () => {
  const desktop = hasDisplay() && !process.argv.includes('--headless')
  ensureToolchains()
  await ensureSystemPackages(desktop ? DESKTOP : COMPILER)
  await ensureNodePackages()
  if (desktop) {
    heading('Runtime')
    // The window starts the runtime that lies beside it; cargo would build the window's package only.
    await run('cargo', ['build', '--package', 'daemon'])
    heading('Desktop window, reloading on change')
    process.exitCode = await foreground('npx', ['tauri', 'dev'])
    return
  }
  heading('Runtime and UI, reloading on change')
  note('the UI is at http://127.0.0.1:5173/')
  const ended = await Promise.all([
    foreground('cargo', ['run', '--package', 'daemon', '--', 'up']),
    foreground('npm', ['run', '--silent', 'dev:ui']),
  ])
  process.exitCode = Math.max(...ended)
})
