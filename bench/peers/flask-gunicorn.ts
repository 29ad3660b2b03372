import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../gatekeeper/test/real/parts/command.ts'
import type { Peer } from './peer.ts'
import { startPeer } from './start-peer.ts'

/** A typical home-made gate: synchronous workers look up a key in a JSON file. */
export const flaskGunicorn: Peer = {
  name: 'flask-gunicorn',
  what: 'our check, answered by a Flask application of 20 lines on gunicorn, two workers',
  folder: 'flask-3.1.3-gunicorn-27.0.1',
  listensEverywhere: false,
  build: async (folder, log) => {
    await runCommand('python3', ['-m', 'venv', folder], { timeoutSeconds: 120, log })
    const requirements = join(import.meta.dirname, 'flask-requirements.txt')
    const strict = ['--require-hashes', '--no-deps', '--only-binary', ':all:']
    const quiet = ['--quiet', '--no-input', '--disable-pip-version-check']
    const words = ['-m', 'pip', 'install', ...quiet, ...strict, '-r', requirements]
    await runCommand(join(folder, 'bin/python'), words, { timeoutSeconds: 180, log })
  },
  entry: ({ port }) => ({
    address: `127.0.0.1:${port}`,
    ...{ checkPath: '/check', directives: [], authorization: null },
  }),
  start: (slot, folder) => {
    const keys = { [slot.key]: { user: 'ada', service: 'tts' } }
    writeFileSync(join(slot.folder, 'keys.json'), JSON.stringify(keys))
    copyFileSync(join(import.meta.dirname, 'flask_app.py'), join(slot.folder, 'flask_app.py'))
    const gunicorn = ['-m', 'gunicorn', '--chdir', slot.folder, '--workers', '2']
    return startPeer(slot, {
      command: join(folder, 'bin/python'),
      words: [...gunicorn, '--bind', `127.0.0.1:${slot.port}`, 'flask_app:app'],
      env: { KEYS_FILE: join(slot.folder, 'keys.json') },
      readyPath: '/check',
    })
  },
}
