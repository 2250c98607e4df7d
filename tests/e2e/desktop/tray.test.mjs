// What is seen and done outside the page: the count, and the kill switch in the tray.

import assert from 'node:assert/strict'

import { asAgent } from './lib/agent.mjs'
import { inWindow } from './lib/on-desk.mjs'
import { Tray } from './lib/tray.mjs'
import { until } from './lib/until.mjs'

const AGENTS = 10
/** Answers each agent gets on either side of the switch. */
const TURNS = 5

const writing = (name) => ({ method: 'post', target_url: `https://api.example.com/agents/${name}` })

/** Writes outside again and again until told to stop, and counts the answers. */
async function agent(url, name, still) {
  const counts = { allow: 0, deny: 0 }
  while (still(counts)) {
    const { decision } = await asAgent(url, '/v1/egress/requests', writing(name))
    counts[decision] += 1
  }
  return counts
}

const titles = async (desk) => (await desk.run('xwininfo', ['-root', '-tree'])).stdout

inWindow('the kill switch in the tray stops ten agents at once, and holds through a restart', async ({ desk, window, status }) => {
  const names = Array.from({ length: AGENTS }, (_, index) => `agent-${index}`)
  for (const name of names) {
    const { approval_id } = await asAgent(status.url, '/v1/egress/requests', writing(name))
    await window.api('POST', `/v1/approvals/${approval_id}/decide`, { decision: 'approve', scope: { type: 'workspace' } })
  }
  const tray = await Tray.of(desk, window)
  await tray.click(/^Hide the window$/)
  await until('a hidden page', async () => (await window.script('return document.visibilityState')) === 'hidden')
  assert.equal((await tray.line(/^Kill switch$/)).checked, false)

  // Each writes until it was refused often enough, and is allowed before the switch is touched.
  const allowed = new Map(names.map((name) => [name, 0]))
  const work = names.map((name) =>
    agent(status.url, name, (counts) => {
      allowed.set(name, counts.allow)
      return counts.deny < TURNS
    }),
  )
  await until('every agent at work', () => [...allowed.values()].every((count) => count >= TURNS))
  await tray.click(/^Kill switch$/)
  for (const counts of await Promise.all(work)) assert.ok(counts.allow >= TURNS && counts.deny === TURNS, JSON.stringify(counts))
  assert.equal((await tray.line(/^Kill switch: on/)).checked, true, 'the mark follows the log, in a hidden page too')

  const before = await window.api('GET', '/v1/events?event_types=policy.kill_switch.changed,egress.allowed&order=desc&limit=1')
  const [newest] = before.events
  assert.equal(newest.event_type, 'policy.kill_switch.changed', 'nothing was allowed after the switch')
  assert.equal(newest.data.enabled, true)
  assert.deepEqual([newest.actor_type, newest.actor_id], ['user', 'owner'])

  process.kill(status.components.api.pid, 'SIGKILL')
  // It says so while nobody can be reached, and goes on by itself.
  assert.equal((await tray.line(/^Kill switch: the runtime cannot be reached$/)).enabled, false)
  const again = await until('another api', async () => {
    const now = await window.invoke('runtime_status')
    return now.phase === 'healthy' && now.components.api.pid !== status.components.api.pid && now
  })
  assert.deepEqual(await tray.line(/^Kill switch: on/).then(({ checked, enabled }) => [checked, enabled]), [true, true])
  for (const name of names) {
    const answer = await asAgent(again.url, '/v1/egress/requests', writing(name))
    assert.equal(answer.decision, 'deny', JSON.stringify(answer))
  }
  const after = await window.api('GET', `/v1/events?event_types=egress.allowed&after_position=${newest.position}`)
  assert.deepEqual(after.events, [])
})

inWindow('the tray does not turn the kill switch off: it opens the question', async ({ desk, window }) => {
  await window.api('POST', '/v1/policy/kill-switch', { enabled: true })
  const tray = await Tray.of(desk, window)
  await tray.click(/^Kill switch: on, turn off…$/)
  const ask = '[data-testid="kill-switch"] [role="group"]'
  await until('the question', () => window.text(ask))
  assert.match(await window.script('return location.hash'), /^#\/settings/)
  assert.equal((await window.api('GET', '/v1/policy/kill-switch')).enabled, true)
  assert.equal((await tray.line(/^Kill switch: on/)).checked, true, 'the mark shows what is so')

  await window.click(`${ask} button:last-child`)
  await tray.line(/^Kill switch$/)
  assert.equal((await window.api('GET', '/v1/policy/kill-switch')).enabled, false)
})

inWindow('title and tray count what waits, and the tray leads there', async ({ desk, window, status }) => {
  const tray = await Tray.of(desk, window)
  await tray.line(/^Nothing needs you$/)
  assert.match(await titles(desk), /"Signalbox"/)
  const made = []
  for (const title of ['One', 'Two', 'Three']) {
    made.push(await asAgent(status.url, '/v1/approvals', { action: 'email.send', target: `${title}@example.com`, title }))
  }
  await tray.line(/^3 need you$/)
  await until('the title', async () => (await titles(desk)).includes('"(3) Signalbox"'))
  assert.equal(await tray.label(), '3')

  await tray.click(/^3 need you$/)
  await until('the list', async () => (await window.script('return location.hash')) === '#/approvals')
  for (const { approval_id } of made) await window.api('POST', `/v1/approvals/${approval_id}/decide`, { decision: 'deny' })
  await tray.line(/^Nothing needs you$/)
  await until('the title', async () => (await titles(desk)).includes('"Signalbox"'))
  assert.equal(await tray.label(), '')
})
