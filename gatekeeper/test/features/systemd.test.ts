/**
 * The units of deploy/systemd: examined by systemd's own tools if available, and their command
 * lines run with their real environment. The sandbox of systemd itself is
 * not run here.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Agent, request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { type Child, startChild, waitUntil } from '../support/child.ts'
import { consoleOf } from '../support/console.ts'
import { freePort } from '../support/free-port.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { testCaddy } from '../support/stack.ts'
import { parseUnit, type SystemdUnit, splitWords } from './support/systemd-unit.ts'

const root = resolve(import.meta.dirname, '../../..')
const names = ['gatekeeper', 'gatekeeper-admin', 'gatekeeper-caddy'] as const
const shipped = (name: string) =>
  readFileSync(join(root, 'deploy/systemd', `${name}.service`), 'utf8')

/** 252 is the first that reviews unit files which are not installed. */
const hasSystemd = versionOfSystemd() >= 252
if (!hasSystemd)
  process.stderr.write('SKIP: no systemd-analyze of 252 or newer, units are not examined\n')

function versionOfSystemd(): number {
  const result = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8' })
  return Number(/^systemd (\d+)/.exec(result.stdout ?? '')?.[1] ?? 0)
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-units-'))
  // A unit's words end at spaces, which the path of a clone may have.
  symlinkSync(root, join(folder, 'clone'))
  symlinkSync(process.execPath, join(folder, 'node'))
  symlinkSync(testCaddy ?? '/bin/true', join(folder, 'caddy'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The unit with other paths than on a real machine. */
function relocate(text: string): string {
  return text
    .replaceAll('/opt/gatekeeper/node_modules/.bin/node', join(folder, 'node'))
    .replaceAll('/opt/gatekeeper', join(folder, 'clone'))
    .replaceAll('/usr/bin/caddy', join(folder, 'caddy'))
    .replaceAll(/\/(?:var\/lib|run|etc)\/gatekeeper/g, (path) => join(folder, path))
}

describe('the units', () => {
  it.each(names)('%s has no way to become root, and no secret', (name) => {
    const unit = parseUnit(shipped(name))
    expect(unit.values('User')).toEqual(['gatekeeper'])
    expect(unit.values('NoNewPrivileges')).toEqual(['yes'])
    expect(unit.values('ProtectSystem')).toEqual(['strict'])
    expect(unit.values('CapabilityBoundingSet')).toEqual([
      name === 'gatekeeper-caddy' ? 'CAP_NET_BIND_SERVICE' : '',
    ])
    expect(shipped(name)).not.toMatch(/(?:KEY|SECRET|TOKEN)=\S/)
  })

  it.each(names)('%s is restarted within a second, five times in a minute', (name) => {
    const unit = parseUnit(shipped(name))
    expect(unit.values('Restart')).toEqual(['always'])
    expect(unit.values('RestartSec')).toEqual(['200ms'])
    expect(unit.values('StartLimitIntervalSec')).toEqual(['60'])
    expect(unit.values('StartLimitBurst')).toEqual(['6'])
    // A wrong setting or file would be wrong at the next start too.
    const never = name === 'gatekeeper-caddy' ? [] : ['78']
    expect(unit.values('RestartPreventExitStatus')).toEqual(never)
  })

  it('give Caddy no secret of the settings, no proxy setting, and no key folder', () => {
    const caddy = parseUnit(shipped('gatekeeper-caddy'))
    const file = 'LITELLM_MASTER_KEY=sk-x\nHTTPS_PROXY=http://evil\nGATEKEEPER_SITE=a\nTTS_URL=b'
    const environment = caddy.environment(() => file)
    expect(environment).toMatchObject({ TTS_URL: 'b' })
    expect(Object.keys(environment).join()).not.toMatch(/LITELLM|PROXY|SITE/)
    expect(caddy.values('InaccessiblePaths').join(' ')).toContain('/etc/gatekeeper')
  })
})

it('the admin process is given no secret, no network, and no file that signs or opens', () => {
  const unit = parseUnit(shipped('gatekeeper-admin'))
  const file = 'LITELLM_MASTER_KEY=sk-x\nADMIN_API_KEY=y\nOAUTH_CLIENT_SECRET_ADMIN=z\nTTS_URL=b'
  expect(Object.keys(unit.environment(() => file)).join()).not.toMatch(/LITELLM|ADMIN|OAUTH/)
  expect(unit.values('PrivateNetwork')).toEqual(['yes'])
  const hidden = unit.values('InaccessiblePaths').join(' ')
  for (const path of ['signing', 'front-secrets.json', 'caddy']) {
    expect(hidden).toContain(`/var/lib/gatekeeper/${path}`)
  }
  expect(hidden).toContain('/opt/gatekeeper/secrets')
})

it('the database of the admin process is its own, and nobody else sees it', () => {
  const admin = parseUnit(shipped('gatekeeper-admin'))
  const writable = admin.values('ReadWritePaths').join(' ')
  for (const path of ['admin', 'run/front']) {
    expect(writable).toContain(`/var/lib/gatekeeper/${path}`)
  }
  for (const name of ['gatekeeper', 'gatekeeper-caddy']) {
    const hidden = parseUnit(shipped(name)).values('InaccessiblePaths').join(' ')
    expect(hidden.split(/\s+/)).toContain('-/var/lib/gatekeeper/admin')
  }
})

it('the secrets of sign-in stay with the admin process', () => {
  const file = 'GITHUB_CLIENT_SECRET=x\nGOOGLE_CLIENT_SECRET=y\nTTS_URL=b'
  for (const name of ['gatekeeper', 'gatekeeper-caddy']) {
    const environment = parseUnit(shipped(name)).environment(() => file)
    expect(Object.keys(environment).join()).not.toMatch(/GITHUB|GOOGLE/)
  }
})

describe.skipIf(!hasSystemd)('the units, to systemd (needs systemd 252)', () => {
  const write = (name: string) => {
    const path = join(folder, `${name}.service`)
    writeFileSync(path, relocate(shipped(name)))
    return path
  }

  it('have no line that it does not understand', () => {
    const paths = names.map(write)
    const result = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], {
      encoding: 'utf8',
    })
    const own = result.stderr.split('\n').filter((line) => line.includes('gatekeeper'))
    expect({ own, status: result.status }).toEqual({ own: [], status: 0 })
  })

  it.each([
    ['gatekeeper', 12],
    ['gatekeeper-admin', 12],
    ['gatekeeper-caddy', 16],
  ] as const)('%s has an exposure of at most %i tenths', (name, tenths) => {
    const words = ['security', '--offline=true', '--no-pager', `--threshold=${tenths}`, write(name)]
    const result = spawnSync('systemd-analyze', words, { encoding: 'utf8' })
    expect(result.stdout).toMatch(/Overall exposure level/)
    expect({ status: result.status, stderr: result.stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe.skipIf(testCaddy === null)('the command lines of the units (need Caddy)', () => {
  const key = makeKey()
  const administrator = makeKey({ role: 'admin', services: ['control'] })
  const running: Child[] = []
  let upstream: FaultyUpstream
  let httpsPort: number
  let consolePort: number

  /** As systemd starts it: nothing but the unit's own environment, and the words of ExecStart. */
  function startUnit(unit: SystemdUnit): Child {
    const readFile = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : null)
    const [command = '', ...words] = splitWords(unit.values('ExecStart')[0] ?? '')
    const child = startChild(command, words, unit.environment(readFile))
    running.push(child)
    return child
  }

  function runOnce(unit: SystemdUnit, directive: string): void {
    const [command = '', ...words] = splitWords(unit.values(directive)[0] ?? '')
    execFileSync(command, words, { timeout: 50_000 })
  }

  beforeAll(async () => {
    upstream = await startFaultyUpstream({ pauseMs: 5 })
    httpsPort = await freePort()
    consolePort = await freePort()
    const settings = {
      GATEKEEPER_SITE: 'localhost 127.0.0.1',
      GATEKEEPER_HTTPS_PORT: httpsPort,
      GATEKEEPER_HTTP_PORT: await freePort(),
      GATEKEEPER_CONSOLE_PORT: consolePort,
      OLLAMA_URL: upstream.url,
      TTS_URL: upstream.url,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    write('etc/gatekeeper/gatekeeper.env', lines.join(''))
    write('etc/gatekeeper/keys/keys.json', keyFileText([key, administrator]))
    // RuntimeDirectory= and StateDirectory= make these.
    for (const path of ['run/gatekeeper', 'var/lib/gatekeeper']) {
      mkdirSync(join(folder, path), { recursive: true, mode: 0o700 })
    }
    const gatekeeper = parseUnit(relocate(shipped('gatekeeper')))
    runOnce(gatekeeper, 'ExecStartPre')
    const child = startUnit(gatekeeper)
    try {
      runOnce(gatekeeper, 'ExecStartPost')
    } catch {
      throw new Error(`ExecStartPost did not end: ${child.output()}`)
    }
  })
  afterAll(async () => {
    for (const child of running.toReversed()) await child.stop()
    await upstream.close()
  })

  function write(name: string, text: string): void {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }

  it('start all three; a request passes at the relay and at a check, and none without a key', async () => {
    const caddy = startUnit(parseUnit(relocate(shipped('gatekeeper-caddy'))))
    const caFile = join(folder, 'var/lib/gatekeeper/caddy/pki/authorities/local/root.crt')
    await waitUntil(() => existsSync(caFile) && caddy.output().includes('serving initial'), {
      ...{ limitMs: 50_000, child: caddy, describe: caddy.output },
    })
    const dispatcher = new Agent({ connect: { ca: readFileSync(caFile, 'utf8') } })
    const ask = async (host: string, path: string, headers: Record<string, string> = {}) => {
      const url = `https://${host}:${httpsPort}${path}`
      const answer = await request(url, { dispatcher, headers }).catch(() => null)
      await answer?.body.dump()
      return answer?.statusCode ?? 0
    }
    await waitUntil(async () => (await ask('localhost', '/health')) === 200, {
      ...{ limitMs: 30_000, child: caddy, describe: () => running.map((c) => c.output()).join() },
    })
    const own = { authorization: `Bearer ${key.key}` }
    expect(await ask('localhost', '/api/tags', own)).toBe(200)
    // Both names of GATEKEEPER_SITE reached Caddy through the gatekeeper.
    expect(await ask('127.0.0.1', '/api/tags', own)).toBe(200)
    expect(await ask('localhost', '/chat/api/tags', own)).toBe(200)
    expect(await ask('localhost', '/api/tags')).toBe(401)
    expect(await ask('localhost', '/chat/api/tags')).toBe(401)
    const boss = { authorization: `Bearer ${administrator.key}` }
    expect(await ask('localhost', '/admin/users', boss)).toBe(503)
    const admin = startUnit(parseUnit(relocate(shipped('gatekeeper-admin'))))
    await waitUntil(() => admin.output().includes('admin ready'), {
      ...{ limitMs: 30_000, child: admin, describe: admin.output },
    })
    expect(await ask('localhost', '/admin/users', boss)).toBe(200)
    await dispatcher.destroy()
    const { send, dispatcher: toConsole } = consoleOf({
      consolePort,
      ca: readFileSync(caFile, 'utf8'),
    })
    expect((await send('/admin/v1/session')).status).toBe(401)
    await toConsole.destroy()
  })
})
