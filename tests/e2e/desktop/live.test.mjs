// What happens in the runtime appears in the window by itself.

import assert from 'node:assert/strict'

import { inWindow } from './lib/on-desk.mjs'
import { until } from './lib/until.mjs'

const room = async (window) => (await window.api('POST', '/v1/rooms', { title: 'Yard' })).room_id

const timeline = '[data-testid="timeline"]'

inWindow('a run created over HTTP is executed and appears live', async ({ window }) => {
  const room_id = await room(window)
  await window.go(`#/rooms/${room_id}`)
  await until('the timeline', () => window.text(timeline))

  const argv = ['sh', '-c', 'echo seen in the window']
  const { run_id } = await window.api('POST', '/v1/runs', { room_id, title: 'A shunt', input: { command: { argv } } })
  const row = `${timeline} [data-run-id="${run_id}"]`
  await until('the run in the window', async () => (await window.attribute(row, 'data-run-status')) === 'succeeded')
  await window.click(`${row} button`)
  await until('its output', async () => (await window.text(timeline)).includes('seen in the window'))
})

inWindow('the stream goes on after the api was killed', async ({ window, status }) => {
  const room_id = await room(window)
  await window.go(`#/rooms/${room_id}`)
  await until('the timeline', () => window.text(timeline))

  process.kill(status.components.api.pid, 'SIGKILL')
  await until('a new api', async () => {
    const { phase, components } = await window.invoke('runtime_status')
    return phase === 'healthy' && components.api.pid !== status.components.api.pid
  })
  const { thread_id } = await window.api('POST', `/v1/rooms/${room_id}/threads`, { title: 'After' })
  await window.api('POST', `/v1/threads/${thread_id}/messages`, { content_md: 'Written after the crash' })
  await until('the message', async () => (await window.text(timeline)).includes('Written after the crash'))
})
