// The window keeps its runtime alive, says so, and takes it along when it goes.

import assert from 'node:assert/strict'
import { constants, copyFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

import { descendants, gone, runs } from './lib/processes.mjs'
import { inWindow, onDesk } from './lib/on-desk.mjs'
import { until } from './lib/until.mjs'
import { PROGRAM } from './lib/window.mjs'

/** Notes every phase the badge shows from now on. */
const watchBadge = (window) =>
  window.script(`
    const badge = document.querySelector('[data-testid="runtime-badge"]')
    window.seenPhases = [badge.dataset.phase]
    new MutationObserver(() => window.seenPhases.push(badge.dataset.phase)).observe(badge, { attributeFilter: ['data-phase'] })
  `)

const seen = (window) => window.script('return window.seenPhases')

/** Not WebKit's own processes: what the supervisor has started. */
const runtimeOf = (pid) => descendants(pid).filter(({ command }) => /\/signalbox (api|worker) /.test(`${command} `))

inWindow('a killed api is seen to degrade and to heal', async ({ window, status }) => {
  await watchBadge(window)
  process.kill(status.components.api.pid, 'SIGKILL')
  await until('degraded, then healthy', async () => {
    const phases = await seen(window)
    return phases.includes('degraded') && phases.at(-1) === 'healthy'
  })
  const { components, url } = await window.invoke('runtime_status')
  assert.notEqual(components.api.pid, status.components.api.pid)
  assert.equal(components.api.last_exit_signal, 9)
  assert.equal(url, status.url, 'at the same address')
})

inWindow('an api that hangs is replaced', async ({ window, status }) => {
  await watchBadge(window)
  process.kill(status.components.api.pid, 'SIGSTOP')
  const healed = await until('another api', async () => {
    const now = await window.invoke('runtime_status')
    return now.phase === 'healthy' && now.components.api.pid !== status.components.api.pid && now
  })
  assert.equal(healed.last_error_code, 'not_answering')
  assert.equal(runs(status.components.api.pid), false)
})

inWindow('a killed worker comes back, and the api does not mind', async ({ window, status }) => {
  process.kill(status.components.worker.pid, 'SIGKILL')
  const healed = await until('another worker', async () => {
    const now = await window.invoke('runtime_status')
    return now.phase === 'healthy' && now.components.worker.pid !== status.components.worker.pid && now
  })
  assert.equal(healed.components.api.pid, status.components.api.pid)
})

inWindow('no child outlives a killed window', async ({ window }) => {
  const shell = window.shellPid
  const children = runtimeOf(shell)
  assert.equal(children.length, 2, JSON.stringify(children))
  process.kill(shell, 'SIGKILL')
  await gone(children.map(({ pid }) => pid))
})

onDesk('a window that is asked to end takes its runtime along', {}, async ({ desk }) => {
  const shell = desk.spawn(PROGRAM, [], { stdio: 'ignore' })
  const exited = new Promise((resolve) => shell.once('exit', (code, signal) => resolve({ code, signal })))
  const children = await until('both children', () => {
    const found = runtimeOf(shell.pid)
    return found.length === 2 && found
  })
  shell.kill('SIGTERM')
  assert.deepEqual(await exited, { code: 0, signal: null })
  assert.deepEqual(children.filter(({ pid }) => runs(pid)), [])
})

inWindow('a second start hands over to the first', async ({ desk, window, status }) => {
  const second = await desk.run(PROGRAM)
  assert.equal(second.code, 0, second.stderr)
  assert.equal((await window.shows('healthy')).components.api.pid, status.components.api.pid)
})

onDesk('a taken port is named, and retrying after it is free helps', {}, async ({ open }) => {
  const blocker = createServer().unref()
  const port = await new Promise((resolve) => blocker.listen(0, '127.0.0.1', () => resolve(blocker.address().port)))
  const window = await open({ env: { SIGNALBOX_LISTEN: `127.0.0.1:${port}` } })
  await window.shows('fatal')
  await window.go('#/diagnostics')
  const problem = await until('the problem', () => window.text('[data-code="port_in_use"]'))
  assert.ok(problem.includes(String(port)), problem)
  assert.ok(problem.includes(String(process.pid)), problem)

  await new Promise((resolve) => blocker.close(resolve))
  await window.click('[data-code="port_in_use"] button')
  const status = await window.shows('healthy')
  assert.equal(status.url, `http://127.0.0.1:${port}`)
})

onDesk('a window without its runtime opens and says what is missing', {}, async ({ desk, open }) => {
  const program = join(desk.home, 'signalbox-desktop')
  copyFileSync(PROGRAM, program, constants.COPYFILE_FICLONE)
  const window = await open({ program })
  await window.shows('fatal')
  await window.go('#/diagnostics')
  await until('the problem', () => window.text('[data-code="program_missing"]'))
})
