// Restate with its default settings, and a handler of three durable steps that do nothing.

import { createServer } from 'node:http2'
import { createRequire } from 'node:module'
import { hostname } from 'node:os'

import { Absent, peer } from './lib/peer.mjs'
import { freePort, serve } from './lib/server.mjs'

// The SDK expects what Node.js has had since version 22.
Promise.withResolvers ??= function withResolvers() {
  let resolve, reject
  const promise = new this((...functions) => ([resolve, reject] = functions))
  return { promise, resolve, reject }
}

const require = createRequire(import.meta.url)

await peer(async (dataDir, atEnd) => {
  const { version, path } = binary()
  const restate = await import('@restatedev/restate-sdk')
  const flow = restate.service({
    name: 'flow',
    handlers: {
      run: async (context) => {
        for (const step of ['first', 'second', 'third']) {
          await context.run(step, () => ({ output: step }))
        }
        return { done: true }
      },
    },
  })
  const logger = () => {}
  const endpoint = createServer(restate.createEndpointHandler({ services: [flow], logger }))
  const [ingress, admin, fabric, service] = [await freePort(), await freePort(), await freePort(), await freePort()]
  await new Promise((resolve) => endpoint.listen(service, '127.0.0.1', resolve))
  const env = {
    ...process.env,
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_ADDRESS: `127.0.0.1:${fabric}`,
    RESTATE_ADVERTISED_ADDRESS: `http://127.0.0.1:${fabric}/`,
    RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
    RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
    NO_PROXY: '127.0.0.1',
  }
  const args = ['--no-logo', '--node-name', hostname(), '--base-dir', `${dataDir}/restate`]
  await serve(path, args, { atEnd, port: ingress, log: `${dataDir}/server.log`, cwd: dataDir, env })
  await register(admin, service)
  return {
    ready: `Restate ${version} with its defaults (its log is synced), a handler of three steps in one process of Node.js`,
    answer: async () => ({ host: `127.0.0.1:${ingress}`, path: '/flow/run' }),
  }
})

function binary() {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`
  try {
    const { version } = require(`${name}/package.json`)
    return { version, path: require.resolve(`${name}/bin/restate-server`) }
  } catch {
    throw new Absent(`there is no package ${name}`)
  }
}

/** The admin interface listens before it can take a deployment. */
async function register(admin, service) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(`http://127.0.0.1:${admin}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
    }).catch((error) => ({ ok: false, text: async () => String(error.cause ?? error) }))
    if (answer.ok) return
    if (attempt === 100) throw new Error(`the handler was not registered: ${await answer.text()}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
