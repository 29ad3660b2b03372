import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../gatekeeper/test/real/parts/command.ts'
import type { Peer, PeerSlot } from './peer.ts'
import { startPeer } from './start-peer.ts'

/** nginx as the baseline: the lowest cost of answering a check. It checks nothing. */
export const nginxNull: Peer = {
  name: 'null-nginx',
  what: 'our check, answered by an nginx that allows everything',
  folder: 'nginx-debian-12',
  listensEverywhere: false,
  build: async (folder, log) => {
    // Unpacked, not installed: installing would start a server on port 80 of this machine.
    await runCommand('apt-get', ['download', 'nginx'], { timeoutSeconds: 120, cwd: folder, log })
    const unpack = 'dpkg -x nginx_*.deb . && rm nginx_*.deb && usr/sbin/nginx -v'
    await runCommand('sh', ['-c', unpack], { timeoutSeconds: 60, cwd: folder, log })
  },
  entry: ({ port }) => ({
    address: `127.0.0.1:${port}`,
    ...{ checkPath: '/check', directives: [], authorization: null },
  }),
  start: (slot, folder) => {
    mkdirSync(join(slot.folder, 'temp'))
    writeFileSync(join(slot.folder, 'nginx.conf'), configuration(slot))
    const own = ['-p', slot.folder, '-c', join(slot.folder, 'nginx.conf')]
    return startPeer(slot, {
      command: join(folder, 'usr/sbin/nginx'),
      words: [...own, '-e', join(slot.folder, 'error.log')],
      readyPath: '/check',
    })
  },
}

function configuration({ folder, port }: PeerSlot): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${folder}/temp/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${port} backlog=511;
    location = /check {
      add_header X-Gatekeeper-User ada;
      add_header X-Gatekeeper-Service tts;
      return 200;
    }
  }
}
`
}
