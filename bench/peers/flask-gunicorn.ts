import { copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../gatekeeper/test/real/parts/command.ts'
import type { Peer } from './peer.ts'
import { startPeer } from './start-peer.ts'

/** The shape of many home-made gates: a key looked up in a JSON file, by synchronous workers. */
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
  door: ({ port }) => ({
    address: `127.0.0.1:${port}`,
    ...{ checkPath: '/check', directives: [], authorization: null },
  }),
  start: (seat, folder) => {
    const keys = { [seat.key]: { user: 'ada', service: 'tts' } }
    writeFileSync(join(seat.folder, 'keys.json'), JSON.stringify(keys))
    copyFileSync(join(import.meta.dirname, 'flask_app.py'), join(seat.folder, 'flask_app.py'))
    const gunicorn = ['-m', 'gunicorn', '--chdir', seat.folder, '--workers', '2']
    return startPeer(seat, {
      command: join(folder, 'bin/python'),
      words: [...gunicorn, '--bind', `127.0.0.1:${seat.port}`, 'flask_app:app'],
      env: { KEYS_FILE: join(seat.folder, 'keys.json') },
      readyPath: '/check',
    })
  },
}
