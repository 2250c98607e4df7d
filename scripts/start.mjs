// npm start: from a fresh clone to a running Signalbox, and on every later call only what has changed.
//
// Opens the desktop window where there is a display; otherwise, or with --headless, runs the same supervisor in this
// terminal. Ctrl-C stops everything.

import { buildProduct, executable, START_PROFILE } from './lib/cargo.mjs'
import { heading, note, script, seconds } from './lib/console.mjs'
import { hasDisplay } from './lib/display.mjs'
import { ensureNodePackages, ensureUi } from './lib/freshness.mjs'
import { COMPILER, DESKTOP, ensureSystemPackages, ensureToolchains } from './lib/prerequisites.mjs'
import { foreground } from './lib/process.mjs'

await script(async () => {
  const options = process.argv.slice(2)
  const desktop = hasDisplay() && !options.includes('--headless')
  const passedOn = options.filter((option) => option !== '--headless')
  const started = performance.now()

  ensureToolchains()
  await ensureSystemPackages(desktop ? DESKTOP : COMPILER)
  await ensureNodePackages()
  await ensureUi()
  heading(desktop ? 'Runtime and desktop window' : 'Runtime')
  await buildProduct({ desktop })

  heading(desktop ? 'Signalbox' : 'Signalbox, without a window')
  note(`ready to start after ${seconds(started)}; Ctrl-C stops everything`)
  process.exitCode = desktop
    ? await foreground(executable(START_PROFILE, 'signalbox-desktop'), passedOn)
    : await foreground(executable(START_PROFILE, 'signalbox'), ['up', ...passedOn], { onLine: announce(passedOn) })
})

/** The ready line is for programs; a person gets the address. Anything else is passed on. */
function announce(options) {
  return (line) => {
    let message
    try {
      message = JSON.parse(line)
    } catch {
      console.log(line)
      return
    }
    if (message.ready === true) {
      console.log(`\n   Signalbox is running:  ${message.url}/app/`)
      const open = [executable(START_PROFILE, 'signalbox'), ...dataDirOf(options), 'open']
      console.log(`   To act as the owner there, open the link of:  ${open.join(' ')}\n`)
    } else if (message.ready === false) {
      console.error(`\n   Signalbox could not start (${message.code}): ${message.message}`)
      if (message.hint) console.error(`   ${message.hint}`)
    }
  }
}

/** The same data folder for the command a person is told to type. */
function dataDirOf(options) {
  const at = options.findIndex((option) => option === '--data-dir' || option.startsWith('--data-dir='))
  if (at < 0) return []
  return options.slice(at, at + (options[at] === '--data-dir' ? 2 : 1))
}
