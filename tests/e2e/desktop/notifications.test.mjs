// What the desktop is told, and what a click there does.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { asAgent } from './lib/agent.mjs'
import { inWindow, onDesk } from './lib/on-desk.mjs'
import { NotificationDaemon } from './lib/notifications.mjs'
import { Tray } from './lib/tray.mjs'
import { until } from './lib/until.mjs'

const hash = (window) => window.script('return location.hash')

const ask = async (window, title) => {
  const { url } = await window.invoke('connection')
  return asAgent(url, '/v1/approvals', { action: 'email.send', target: 'team@example.com', payload: { subject: title }, title })
}

inWindow('a request rings; a click opens exactly it, out of the tray, and decides nothing', async ({ desk, window }) => {
  const daemon = await NotificationDaemon.start(desk)
  try {
    await window.go('#/runs')
    await (await Tray.of(desk, window)).click(/^Hide the window$/)
    await until('a hidden page', async () => (await window.script('return document.visibilityState')) === 'hidden')
    const { approval_id } = await ask(window, 'Tell <b>the team</b> & <a href="https://example.com/">all</a>')
    const [note] = await until('a notification', () => daemon.all().length > 0 && daemon.all())
    assert.equal(note.title, 'Waits for your approval')
    // As it was sent to a desktop that reads markup: what an agent wrote is text, and no link.
    assert.match(note.body, /Tell &lt;b&gt;the team&lt;\/b&gt; &amp; &lt;a href/)

    await daemon.click()
    await until('the approval', async () => (await hash(window)) === `#/approvals/${approval_id}`)
    await until('a visible page', async () => (await window.script('return document.visibilityState')) === 'visible')
    const { approval } = await window.api('GET', `/v1/approvals/${approval_id}`)
    assert.equal(approval.status, 'pending')
    assert.equal(daemon.all().length, 1)
  } finally {
    await daemon.stop()
  }
})

inWindow('many that come together ring once, and what was decided at once does not ring', async ({ desk, window }) => {
  const daemon = await NotificationDaemon.start(desk)
  try {
    await window.go('#/runs')
    const { approval_id } = await ask(window, 'Over at once')
    await window.api('POST', `/v1/approvals/${approval_id}/decide`, { decision: 'deny' })
    await Promise.all(['One', 'Two', 'Three', 'Four'].map((title) => ask(window, title)))
    await until('a notification', () => daemon.all().length > 0)
    assert.deepEqual(daemon.all(), [{ title: '4 things need you', body: '4 approvals' }])
    await daemon.click()
    await until('the list', async () => (await hash(window)) === '#/approvals')
    assert.equal(daemon.all().length, 1)
  } finally {
    await daemon.stop()
  }
})

inWindow('a notification goes when it is decided elsewhere', async ({ desk, window }) => {
  const daemon = await NotificationDaemon.start(desk)
  try {
    await window.go('#/runs')
    const { approval_id } = await ask(window, 'Seen to elsewhere')
    await until('a notification', async () => (await daemon.displayed()) === 1)
    await window.api('POST', `/v1/approvals/${approval_id}/decide`, { decision: 'deny' })
    await until('none', async () => (await daemon.displayed()) === 0)
  } finally {
    await daemon.stop()
  }
})

onDesk('a desktop without notifications is no failure: it is said once in the log, and in the settings', { keyring: false }, async ({ desk, open }) => {
  const window = await open()
  await window.shows('healthy')
  await ask(window, 'Unheard')
  const logs = join(desk.dataDir, 'logs')
  const said = () =>
    readdirSync(logs)
      .filter((file) => file.startsWith('supervisor'))
      .flatMap((file) => readFileSync(join(logs, file), 'utf8').split('\n'))
      .filter((line) => line.includes('this desktop shows no notifications'))
  await until('the log', () => said().length > 0)
  await window.go('#/settings')
  await until('the settings', async () => (await window.text('[data-testid="no-notifications"]')).includes('shows no notifications'))
  assert.equal(said().length, 1)
})
