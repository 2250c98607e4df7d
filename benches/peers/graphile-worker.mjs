// graphile-worker with its default settings on a PostgreSQL with its own.

import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { Logger, makeWorkerUtils, run } from 'graphile-worker'
import pg from 'pg'

import { Drain } from './lib/drain.mjs'
import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

const { version } = createRequire(import.meta.url)('graphile-worker/package.json')
/** Debian keeps the programs of each version in a folder of its own, which is not on PATH. */
const DEBIAN = '/usr/lib/postgresql'
/** The pool that the library makes by itself has as many connections; more jobs at a time would wait for one. */
const WORKERS_MAX = 10

const quiet = new Logger(() => () => {})

await peer(async (dataDir, atEnd) => {
  const initdb = program('initdb', debianFolders())
  if (!initdb) throw new Absent('PostgreSQL is not installed (Debian: postgresql)')
  const user = unprivileged()
  const cluster = `${dataDir}/cluster`
  mkdirSync(cluster)
  if (user.uid !== undefined) [dataDir, cluster].forEach((folder) => chownSync(folder, user.uid, user.gid))
  const made = spawnSync(initdb, ['--pgdata', cluster, '--auth', 'trust', '--username', 'postgres', '--encoding', 'UTF8', '--no-locale'], { ...user, cwd: dataDir })
  if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
  const port = await freePort()
  const place = ['-D', cluster, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
  // SIGINT is a fast shutdown: it does not wait for connections to be closed.
  await serve(join(dirname(initdb), 'postgres'), place, { atEnd, port, log: `${dataDir}/server.log`, stopSignal: 'SIGINT', cwd: dataDir, ...user })
  const pgPool = new pg.Pool({ host: '127.0.0.1', port, user: 'postgres', database: 'postgres', max: WORKERS_MAX })
  // A connection that breaks while nobody uses it is replaced; one that is used fails its query.
  pgPool.on('error', () => {}).on('connect', (client) => client.on('error', () => {}))
  atEnd(() => pgPool.end())
  const utils = await reachable(pgPool)
  return {
    ready: `graphile-worker ${version} with its defaults on PostgreSQL with its own, one process of Node.js, at most ${WORKERS_MAX} jobs at a time`,
    answer: ({ jobs, workers }) => drain(utils, pgPool, jobs, Math.min(workers, WORKERS_MAX)),
  }
})

function debianFolders() {
  try {
    const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a))
    return versions.map((name) => `${DEBIAN}/${name}/bin`)
  } catch {
    return []
  }
}

/** PostgreSQL refuses to run as root: there it runs as the user that its package has made. */
function unprivileged() {
  if (process.getuid() !== 0) return {}
  const id = (flag) => spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' })
  const [uid, gid] = [id('-u'), id('-g')]
  if (uid.status !== 0) throw new Absent('PostgreSQL does not run as root and there is no user postgres')
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

/** The port opens before the first connection is taken. */
async function reachable(pgPool) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const utils = await makeWorkerUtils({ pgPool, logger: quiet })
      await utils.migrate()
      return utils
    } catch (error) {
      if (attempt === 50) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

async function drain(utils, pgPool, jobs, workers) {
  const add = `SELECT graphile_worker.add_job('work', json_build_object('number', number)) FROM generate_series(1, $1::int) AS number`
  await utils.withPgClient((client) => client.query(add, [jobs]))
  const clock = new Drain(jobs)
  const taskList = { work: async (_, { job }) => clock.begin(job.id) }
  const runner = await run({ pgPool, concurrency: workers, taskList, logger: quiet, noHandleSignals: true })
  runner.events.on('job:complete', ({ error }) => {
    if (!error) clock.complete()
  })
  const measured = await clock.finished
  await runner.stop()
  return measured
}
