// nginx with the module nchan, which keeps messages in memory only.

import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'

import { Absent, peer } from './lib/peer.mjs'
import { freePort, program, serve } from './lib/server.mjs'

const MODULE = '/usr/lib/nginx/modules/ngx_nchan_module.so'
const CONNECTIONS = 16_384

await peer(async (dataDir, atEnd) => {
  const nginx = program('nginx', ['/usr/sbin'])
  if (!nginx || !existsSync(MODULE)) throw new Absent('nginx and nchan are not installed (Debian: nginx libnginx-mod-nchan)')
  const port = await freePort()
  const file = `${dataDir}/nginx.conf`
  writeFileSync(file, configuration(dataDir, port))
  await serve(nginx, ['-c', file, '-p', dataDir], { atEnd, port, log: `${dataDir}/server.log` })
  const version = execFileSync('sh', ['-c', '"$1" -v 2>&1', 'sh', nginx], { encoding: 'utf8' }).trim().replace('nginx version: ', '')
  return {
    ready: `nchan on ${version}, a worker for each core, messages kept in memory for a minute, nothing on the disk`,
    answer: async () => ({ host: `127.0.0.1:${port}` }),
  }
})

function configuration(dataDir, port) {
  return `
load_module ${MODULE};
daemon off;
worker_processes auto;
worker_rlimit_nofile ${CONNECTIONS};
pid ${dataDir}/nginx.pid;
error_log ${dataDir}/error.log;
events { worker_connections ${CONNECTIONS}; }
http {
  access_log off;
  keepalive_requests 1000000;
  client_body_temp_path ${dataDir}/body;
  proxy_temp_path ${dataDir}/proxy;
  fastcgi_temp_path ${dataDir}/fastcgi;
  uwsgi_temp_path ${dataDir}/uwsgi;
  scgi_temp_path ${dataDir}/scgi;
  nchan_shared_memory_size 256M;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location ~ ^/pub/(.+)$ {
      nchan_publisher;
      nchan_channel_id $1;
      # Room for a whole slice: who falls behind a little loses nothing.
      nchan_message_buffer_length 10000;
      nchan_message_timeout 1m;
    }
    location ~ ^/sub/(.+)$ {
      nchan_subscriber;
      nchan_channel_id $1;
      nchan_subscriber_first_message newest;
    }
  }
}
`
}
