// mosquitto, which keeps nothing: published with an acknowledgement of the server (QoS 1), delivered without (QoS 0).

import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

await peer(async (dataDir, atEnd) => {
  const mosquitto = program('mosquitto', ['/usr/sbin'])
  if (!mosquitto) throw new Absent('mosquitto is not installed (Debian: mosquitto)')
  const port = await freePort()
  const file = `${dataDir}/mosquitto.conf`
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'persistence false', 'set_tcp_nodelay true', 'max_queued_messages 0', 'log_type error']
  writeFileSync(file, `${lines.join('\n')}\n`)
  await serve(mosquitto, ['-c', file], { atEnd, port, log: `${dataDir}/server.log` })
  const version = spawnSync(mosquitto, ['-h'], { encoding: 'utf8' }).stdout.split('\n')[0]
  return {
    ready: `${version}: published with QoS 1, delivered with QoS 0, nothing kept`,
    answer: async () => ({ host: `127.0.0.1:${port}` }),
  }
})
