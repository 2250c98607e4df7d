// The socket protocol, spoken by its own clients: three generations of the npm package `centrifuge` against the real api.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Centrifuge as Newest } from 'centrifuge-new'
import { Centrifuge as Middle } from 'centrifuge-mid'
import { Centrifuge as Oldest } from 'centrifuge-old'
import WebSocket from 'ws'

const BINARY = fileURLToPath(new URL('../../target/debug/signalbox', import.meta.url))
const OWNER = 'sbo_0123456789abcdef0123456789abcdef'
const clients = { '5.8.0': Newest, '5.3.5': Middle, '5.0.1': Oldest }

/** A running api. Started again with `listen`, it is the same one to its clients. */
class Api {
  static async start(dataDir, listen = '127.0.0.1:0') {
    const env = { ...process.env, SIGNALBOX_OWNER_TOKEN: OWNER, SIGNALBOX_CLAW_RULES: 'seed' }
    const child = spawn(BINARY, ['api', '--listen', listen, '--data-dir', dataDir], { env, stdio: ['ignore', 'pipe', 'ignore'] })
    const [line] = await once(createInterface({ input: child.stdout }), 'line')
    const ready = JSON.parse(line)
    assert.equal(ready.ready, true, line)
    return Object.assign(new Api(), { child, dataDir, url: ready.url })
  }

  async kill() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await ended
  }

  async post(path, token, body) {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(this.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    const said = await answer.json()
    assert.equal(answer.status, 200, JSON.stringify(said))
    return said
  }

  async key(username) {
    return (await this.post('/auth/keys', OWNER, { username })).token
  }

  publish(token, channel, payload) {
    return this.post('/api/publish', token, { channel, payload })
  }
}

/** The next events of an emitter, each in its turn. */
function queue(emitter, event) {
  const seen = []
  const waiting = []
  emitter.on(event, (context) => (waiting.length ? waiting.shift()(context) : seen.push(context)))
  return () => (seen.length ? Promise.resolve(seen.shift()) : new Promise((resolve) => waiting.push(resolve)))
}

for (const [version, Centrifuge] of Object.entries(clients)) {
  describe(`centrifuge ${version}`, () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'signalbox-clients-'))
    const running = []
    let api
    const start = async (listen) => {
      api = await Api.start(dataDir, listen)
      running.push(api)
    }
    const connect = (token) => {
      const endpoint = `${api.url.replace('http', 'ws')}/connection/websocket`
      const client = new Centrifuge(endpoint, { websocket: WebSocket, minReconnectDelay: 10, maxReconnectDelay: 100, ...(token ? { token } : {}) })
      running.push({ kill: () => client.disconnect() })
      client.on('error', () => {})
      return client
    }
    after(async () => {
      for (const one of running.reverse()) await one.kill()
      rmSync(dataDir, { recursive: true, force: true })
    })

    it('subscribes, publishes, recovers after kill -9, and hears that its right is gone', async () => {
      await start()
      const bob = await api.key('bob')
      const eve = await api.key('eve')
      await api.post('/api/grant', bob, { target: 'eve', channel: 'agent.bob.x' })

      // Nobody in particular: what is public, and nothing else.
      const nobody = connect()
      const open = nobody.newSubscription('public.a')
      const heard = queue(open, 'publication')
      const closed = nobody.newSubscription('agent.bob.x')
      const refused = queue(closed, 'unsubscribed')
      const subscribed = queue(open, 'subscribed')
      nobody.connect()
      open.subscribe()
      closed.subscribe()
      assert.equal((await subscribed()).recoverable, true)
      assert.equal((await refused()).code, 103)

      // Over HTTP and over the socket it is one topic; who it is from is what the key says.
      await api.publish(bob, 'public.a', { n: 1 })
      const first = await heard()
      assert.deepEqual([first.data.payload, first.data._claw.sender, first.offset], [{ n: 1 }, 'bob', 1])
      const friend = connect(eve)
      const secret = friend.newSubscription('agent.bob.x')
      const told = queue(secret, 'publication')
      const let_in = queue(secret, 'subscribed')
      const cut = queue(secret, 'unsubscribed')
      friend.connect()
      secret.subscribe()
      await let_in()
      await friend.publish('public.a', { n: 2 })
      assert.equal((await heard()).data._claw.sender, 'eve')
      await api.publish(bob, 'agent.bob.x', 'psst')
      assert.equal((await told()).data.payload, 'psst')
      const history = await open.history({ limit: 10 })
      assert.deepEqual(history.publications.map((one) => one.offset), [1, 2])
      const stats = await open.presenceStats()
      assert.equal(stats.numClients, 1)

      // Killed. What is published before the client is back is not missed, in order and once.
      const listen = api.url.replace('http://', '')
      const back = queue(nobody, 'connected')
      await api.kill()
      await start(listen)
      for (const n of [3, 4]) await api.publish(bob, 'public.a', { n })
      await back()
      await api.publish(bob, 'public.a', { n: 5 })
      const after = [await heard(), await heard(), await heard()]
      assert.deepEqual(after.map((one) => [one.data.payload.n, one.offset]), [[3, 3], [4, 4], [5, 5]])

      // Taken back: this channel ends, the connection does not.
      await let_in()
      await api.post('/api/revoke', bob, { target: 'eve', channel: 'agent.bob.x' })
      const ended = await cut()
      assert.deepEqual([ended.code, ended.reason], [2000, 'permission revoked'])
      await friend.publish('public.a', { n: 6 })
      assert.equal((await heard()).data.payload.n, 6)
    })

    it('is told who comes and goes, and what time it is', async () => {
      const eve = await api.key('eve')
      const watcher = connect()
      const topic = watcher.newSubscription('public.hall', { joinLeave: true })
      const came = queue(topic, 'join')
      const left = queue(topic, 'leave')
      const timer = watcher.newSubscription('system.timer.second')
      const ticks = queue(timer, 'publication')
      watcher.connect()
      topic.subscribe()
      assert.equal((await came()).info.user, '')
      const visitor = connect(eve)
      visitor.connect()
      visitor.newSubscription('public.hall').subscribe()
      const join = await came()
      assert.equal(join.info.user, 'eve')
      visitor.disconnect()
      assert.deepEqual((await left()).info, join.info)
      timer.subscribe()
      const tick = await ticks()
      assert.deepEqual([tick.data.event, tick.data.payload.unix % 1000, tick.data._claw.sender], ['second', 0, 'system'])
    })

    it('listens and speaks over plain HTTP where no socket can be', async () => {
      const eve = await api.key('eve')
      const transports = [{ transport: 'http_stream', endpoint: `${api.url}/connection/http_stream` }]
      const client = new Centrifuge(transports, { emulationEndpoint: `${api.url}/emulation`, token: eve, fetch, readableStream: ReadableStream })
      running.push({ kill: () => client.disconnect() })
      const topic = client.newSubscription('public.plain')
      const heard = queue(topic, 'publication')
      const subscribed = queue(topic, 'subscribed')
      client.connect()
      topic.subscribe()
      await subscribed()
      await client.publish('public.plain', { n: 1 })
      const message = await heard()
      assert.deepEqual([message.data.payload, message.data._claw.sender, message.offset], [{ n: 1 }, 'eve', 1])
    })
  })
}
