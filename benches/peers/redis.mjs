// Redis that waits for fsync before it answers a write. Its pub/sub writes nothing and keeps nothing.

import { execFileSync } from 'node:child_process'

import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

await peer(async (dataDir, atEnd) => {
  const redis = program('redis-server')
  if (!redis) throw new Absent('redis-server is not installed (Debian: redis-server)')
  const port = await freePort()
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '', '--tcp-backlog', '4096', '--maxclients', '12000']
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDir]
  await serve(redis, [...place, ...settings], { atEnd, port, log: `${dataDir}/server.log` })
  const [, version] = /v=(\S+)/.exec(execFileSync(redis, ['--version'], { encoding: 'utf8' }))
  return {
    ready: `Redis ${version}: pub/sub, which keeps nothing, and streams with appendfsync always`,
    answer: async () => ({ host: `127.0.0.1:${port}` }),
  }
})
