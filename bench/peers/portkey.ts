import { join } from 'node:path'
import { runCommand } from '../../gatekeeper/test/real/parts/command.ts'
import type { Peer } from './peer.ts'
import { startPeer } from './start-peer.ts'

const version = '1.15.2'

/** Portkey's gateway, which accepts any key: that is its upstream's to judge. */
export const portkey: Peer = {
  name: 'portkey',
  what: "Portkey's gateway, relaying an OpenAI chat; it checks no key",
  folder: `portkey-${version}`,
  listensEverywhere: true,
  build: async (folder, log) => {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const words = ['install', '--prefix', folder, ...quiet, `@portkey-ai/gateway@${version}`]
    await runCommand('npm', words, { timeoutSeconds: 180, log })
  },
  entry: ({ port, appUrl }) => ({
    address: `127.0.0.1:${port}`,
    checkPath: null,
    directives: [
      'header_up X-Portkey-Provider openai',
      `header_up X-Portkey-Custom-Host ${appUrl}/v1`,
    ],
    authorization: null,
  }),
  start: (slot, folder) =>
    startPeer(slot, {
      command: process.execPath,
      words: [
        join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js'),
        ...[`--port=${slot.port}`, '--headless'],
      ],
      env: { NODE_ENV: 'production' },
      readyPath: '/',
    }),
}
