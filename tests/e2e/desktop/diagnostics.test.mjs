// The diagnostics page, and what a person does there.

import assert from 'node:assert/strict'

import { inWindow } from './lib/on-desk.mjs'
import { until } from './lib/until.mjs'

const page = '[data-testid="diagnostics"]'

inWindow('diagnostics show both processes, the keyring and the log', async ({ desk, window, status }) => {
  await window.go('#/diagnostics')
  const text = await until('the report', async () => {
    const shown = await window.text(page)
    return shown.includes(desk.dataDir) && shown
  })
  for (const pid of [status.components.api.pid, status.components.worker.pid]) {
    assert.ok(text.includes(String(pid)), `pid ${pid} in ${text}`)
  }
  assert.ok(text.includes(status.url), text)

  const report = await window.invoke('diagnostics')
  assert.deepEqual(report.problems, [])
  assert.equal(report.keyring.token_location, 'os_keyring')
  assert.deepEqual(report.usage.map(({ component }) => component).sort(), ['api', 'supervisor', 'worker'])
  assert.ok(report.usage.every(({ memory_bytes }) => memory_bytes > 0))
  assert.deepEqual(report.logs.map(({ component }) => component).sort(), ['api', 'supervisor', 'worker'])
  assert.ok(report.log_tail.length > 0)
  const { token } = await window.invoke('connection')
  assert.ok(!JSON.stringify(report).includes(token.slice(4)), 'no token in the report')
})

inWindow('the mode changes while it runs', async ({ window, status }) => {
  await window.invoke('runtime_action', { action: { kind: 'set_mode', mode: 'external' } })
  await until('no worker', async () => {
    const { components } = await window.invoke('runtime_status')
    return components.worker.state === 'disabled' && components.worker.pid === null
  })
  assert.equal(await window.attribute('[data-testid="runtime-badge"]', 'data-mode'), 'external')
  await window.invoke('runtime_action', { action: { kind: 'set_mode', mode: 'embedded' } })
  const now = await window.shows('healthy')
  assert.equal(now.components.api.pid, status.components.api.pid)
})
