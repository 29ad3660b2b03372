import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../gatekeeper/test/real/parts/command.ts'
import type { Peer } from './peer.ts'
import { startPeer } from './start-peer.ts'

const module = 'github.com/oauth2-proxy/oauth2-proxy/v7'
const version = '7.8.1'

/** Its `/oauth2/auth` with a password from its file, the closest it has to an API key. */
export const oauth2Proxy: Peer = {
  name: 'oauth2-proxy',
  what: 'our check, answered by oauth2-proxy for Basic credentials (SHA-1 file)',
  folder: `oauth2-proxy-${version}`,
  listensEverywhere: false,
  build: async (folder, log) => {
    const tool = ['module bench', 'go 1.24', `tool ${module}`, `require ${module} v${version}`]
    writeFileSync(join(folder, 'go.mod'), `${tool.join('\n')}\n`)
    const build = ['go', 'build', '-mod=mod', '-trimpath', '-ldflags', '-s -w']
    await runCommand('nice', [...build, '-o', join(folder, 'oauth2-proxy'), module], {
      ...{ timeoutSeconds: 900, cwd: folder, log },
    })
  },
  entry: ({ port, key }) => ({
    address: `127.0.0.1:${port}`,
    checkPath: '/oauth2/auth',
    directives: [],
    authorization: `Basic ${Buffer.from(`ada:${key}`).toString('base64')}`,
  }),
  start: (slot, folder) => {
    const sum = createHash('sha1').update(slot.key).digest('base64')
    const passwords = join(slot.folder, 'htpasswd')
    writeFileSync(passwords, `ada:{SHA}${sum}\n`)
    return startPeer(slot, {
      command: join(folder, 'oauth2-proxy'),
      words: [
        ...['--provider=github', '--client-id=bench', '--client-secret=bench'],
        ...['--cookie-secret=0123456789abcdef0123456789abcdef', '--email-domain=*'],
        ...[`--htpasswd-file=${passwords}`, '--upstream=static://202', '--set-xauthrequest=true'],
        ...[`--http-address=127.0.0.1:${slot.port}`, '--request-logging=false'],
        ...['--auth-logging=false', '--standard-logging=false'],
      ],
      readyPath: '/ping',
    })
  },
}
