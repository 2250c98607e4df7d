// BullMQ on a Redis that waits for fsync before it answers a write.

import { createRequire } from 'node:module'

import { Queue, Worker } from 'bullmq'

import { Drain } from './lib/drain.mjs'
import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

const { version } = createRequire(import.meta.url)('bullmq/package.json')
const BATCH = 1_000

let queues = 0

await peer(async (dataDir, atEnd) => {
  const redis = program('redis-server')
  if (!redis) throw new Absent('redis-server is not installed (Debian: redis-server)')
  const port = await freePort()
  const settings = ['--appendonly', 'yes', '--appendfsync', 'always', '--save', '']
  const place = ['--bind', '127.0.0.1', '--port', String(port), '--dir', dataDir]
  await serve(redis, [...place, ...settings], { atEnd, port, log: `${dataDir}/server.log` })
  const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
  return {
    ready: `BullMQ ${version} on Redis with appendfsync always, one process of Node.js, as many jobs at a time as there are workers`,
    answer: ({ jobs, workers }) => drain(connection, jobs, workers),
  }
})

async function drain(connection, jobs, workers) {
  const name = `queue-${(queues += 1)}`
  const queue = new Queue(name, { connection })
  for (let from = 0; from < jobs; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, jobs - from) }, (_, index) => ({ name: 'work', data: { number: from + index } }))
    await queue.addBulk(batch)
  }
  const clock = new Drain(jobs)
  const worker = new Worker(name, async (job) => clock.begin(job.id), { connection, concurrency: workers })
  worker.on('completed', () => clock.complete())
  const measured = await clock.finished
  await worker.close()
  await queue.obliterate({ force: true })
  await queue.close()
  return measured
}
