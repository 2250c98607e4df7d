// NATS with its stored streams on. Core messages are kept nowhere; stored ones are in files, which are synced every two
// minutes: this version cannot be told to wait for the disk.

import { execFileSync } from 'node:child_process'

import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

await peer(async (dataDir, atEnd) => {
  const nats = program('nats-server', ['/usr/sbin'])
  if (!nats) throw new Absent('nats-server is not installed (Debian: nats-server)')
  const port = await freePort()
  const args = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', dataDir]
  await serve(nats, args, { atEnd, port, log: `${dataDir}/server.log` })
  const version = execFileSync(nats, ['--version'], { encoding: 'utf8' }).trim()
  return {
    ready: `${version}, core subjects and JetStream in files with its defaults (acknowledged before they are synced)`,
    answer: async () => ({ host: `127.0.0.1:${port}` }),
  }
})
