// Where the owner's token lies, and that it comes back.

import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { inWindow, onDesk } from './lib/on-desk.mjs'
import { until } from './lib/until.mjs'

const inKeyring = async (desk) => {
  const lookup = await desk.run('secret-tool', ['lookup', 'service', 'signalbox', 'username', desk.dataDir])
  return lookup.code === 0 ? lookup.stdout.trim() : null
}

inWindow('the keyring holds the token that opens the runtime', async ({ desk, window }) => {
  const { token } = await window.invoke('connection')
  assert.match(token, /^sbo_[0-9a-f]{64}$/)
  assert.equal(await inKeyring(desk), token)
  assert.equal(existsSync(join(desk.dataDir, 'owner-token')), false, 'no copy in a file')
  assert.equal((await window.api('GET', '/v1/whoami')).is_owner, true)

  await window.close()
  // No file and no argument knows the token, also not in the logs.
  const found = await desk.run('grep', ['-rl', token.slice(4), desk.dataDir])
  assert.equal(found.stdout, '')
})

onDesk('a second start finds the same token', {}, async ({ desk, open }) => {
  const first = await open()
  await first.shows('healthy')
  const { token } = await first.invoke('connection')
  await first.close()
  const second = await open()
  await second.shows('healthy')
  assert.equal((await second.invoke('connection')).token, token)
})

onDesk('without a keyring the token is in a private file, and diagnostics say so', { keyring: false }, async ({ desk, open }) => {
  const window = await open()
  await window.shows('healthy')
  const { token } = await window.invoke('connection')
  const file = join(desk.dataDir, 'owner-token')
  assert.equal(readFileSync(file, 'utf8').trim(), token)
  assert.equal(statSync(file).mode & 0o777, 0o600)

  await window.go('#/diagnostics')
  const problem = await until('the warning', () => window.text('[data-code="keyring_unavailable"]'))
  assert.ok(problem.includes(file), problem)
  assert.ok(!problem.includes(token.slice(4)))
})
