import { describe, expect, test } from 'vitest'
import { formatProblem } from '../lib/problem.ts'
import { readSettings } from './read-settings.ts'
import { settingRows } from './settings.ts'

const secret = 'sk-canary-0123456789'
const files: Record<string, string> = {
  '/srv/gate/master': `${secret}\n`,
  '/run/secrets/master': `  ${secret}  `,
  '/run/secrets/empty': ' \n',
  '/run/secrets/two': `${secret}\nother\n`,
}

function read(env: Record<string, string | undefined> = {}, platform = 'linux') {
  return readSettings({
    env,
    folder: '/srv/gate',
    platform,
    readFile: (path) => {
      const text = files[path]
      if (text === undefined) throw Object.assign(new Error(`${path}: no`), { code: 'ENOENT' })
      return text
    },
  })
}
const sources = (env: Record<string, string>) => read(env).problems.map(({ source }) => source)

describe('without settings', () => {
  test('there is a complete configuration on loopback, and no problem', () => {
    const { settings, problems } = read()
    expect(problems).toEqual([])
    expect(settings).toEqual({
      adminKey: null,
      sites: ['localhost', '127.0.0.1'],
      bind: '127.0.0.1',
      httpsPort: 8443,
      httpPort: 8080,
      platform: null,
      relayListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/relay.sock' },
      checkListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/check.sock' },
      opsListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/ops.sock' },
      outcomesListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/outcomes.sock' },
      stateDir: '/srv/gate/.gatekeeper',
      sharedDir: '/srv/gate/.gatekeeper',
      keysDir: '/srv/gate/keys',
      configFile: '/srv/gate/gatekeeper.yaml',
      promptsDir: '/srv/gate/prompts',
      ollamaUrl: null,
      litellmUrl: null,
      vault: {
        keys: [],
        folder: '/srv/gate/secrets/vault',
        publicFile: '/srv/gate/.gatekeeper/vault/public.json',
      },
      ttsUrl: null,
      widget: {
        ...{ isOn: null, origins: null, model: null, prompt: null, requestsPerWindow: null },
        ...{ windowMs: null, usdPerMonth: null, secret: null, previousSecret: null },
      },
      whisperUrl: null,
      imageUrl: null,
      litellmMasterKey: null,
      apiKeysFile: null,
      caddy: null,
      logLevel: 'info',
      logDir: null,
      origins: null,
      allowNoOrigin: null,
      demo: false,
      providers: {},
      explainListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/control/explain.sock' },
      adminListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/control/admin.sock' },
      consoleListen: { kind: 'unix', path: '/srv/gate/.gatekeeper/run/front/console.sock' },
      console: {
        ...{ site: 'console.localhost', port: 8444, bind: '127.0.0.1' },
        origin: 'https://console.localhost:8444',
        ...{ rpId: 'console.localhost', rpName: 'Gatekeeper', isPasskeyPossible: true },
      },
      signIn: [],
      metricsToken: null,
      oauth: { issuer: null, tokenSeconds: 3600, algorithm: 'RS256', clients: [] },
    })
  })

  test('sockets are in the state folder, or replaced by loopback when they are not possible', () => {
    const far = read({ GATEKEEPER_STATE_DIR: `/srv/${'x'.repeat(100)}` }).settings
    const loopback = (port: number) => ({ kind: 'tcp', host: '127.0.0.1', port })
    expect([far.relayListen, far.checkListen, far.opsListen]).toEqual(
      [9001, 9002, 9003].map(loopback),
    )
    expect(read({}, 'win32').settings.checkListen).toEqual(loopback(9002))
    expect(read({ GATEKEEPER_STATE_DIR: '/s' }).settings.relayListen).toEqual({
      kind: 'unix',
      path: '/s/run/relay.sock',
    })
  })

  test('an empty variable counts as not set', () => {
    const env = Object.fromEntries(settingRows.map(({ name }) => [name, '']))
    expect(read(env)).toEqual(read())
  })
})

test('all problems are listed, each with its variable and the fix', () => {
  const env = {
    GATEKEEPER_SITE: 'https://a.example/x',
    GATEKEEPER_BIND: 'everywhere',
    GATEKEEPER_HTTPS_PORT: '0',
    GATEKEEPER_HTTP_PORT: 'http',
    GATEKEEPER_RELAY_LISTEN: 'nowhere',
    GATEKEEPER_CHECK_LISTEN: 'unix:',
    GATEKEEPER_OPS_LISTEN: `unix:/${'x'.repeat(200)}`,
    OLLAMA_URL: 'ollama:11434',
    LITELLM_URL: 'http://user:pw@litellm:4000',
    LITELLM_SERVER_URL: 'http://litellm:4000',
    LITELLM_MASTER_KEY_FILE: '/run/secrets/none',
    GATEKEEPER_DEMO: 'yes',
    GATEKEEPER_STATEDIR: '/x',
  }
  const { problems } = read(env)
  const named = new Set(problems.map(({ source }) => source))
  const { LITELLM_SERVER_URL: _alias, ...expected } = env
  expect([...named].sort()).toEqual(Object.keys(expected).sort())
  for (const problem of problems) {
    expect(formatProblem(problem)).toMatch(/^[A-Z_]+: .+\. .+[.?]$/)
    expect(problem.remedy.length).toBeGreaterThan(5)
  }
})

describe('names', () => {
  test.each([
    ['GATEKEEPER_SITES', 'GATEKEEPER_SITE'],
    ['GATEKEEPER_HTTPS_PROT', 'GATEKEEPER_HTTPS_PORT'],
    ['GATEKEEPER_STATEDIR', 'GATEKEEPER_STATE_DIR'],
    ['GATEKEEPER_CHEK_LISTEN', 'GATEKEEPER_CHECK_LISTEN'],
  ])('a misspelled name (%s) is an error that suggests %s', (name, nearest) => {
    const { problems } = read({ [name]: 'x' })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatchObject({ source: name })
    expect(problems[0]?.remedy).toContain(`Did you mean ${nearest}?`)
  })

  test('of other programs are ignored', () => {
    expect(sources({ PATH: '/bin', OLLAMA_HOST: 'x', GATE: '1', gatekeeper_site: 'x' })).toEqual([])
  })

  test('an alias is the setting', () => {
    const { settings, problems } = read({ LITELLM_SERVER_URL: 'http://litellm:4000' })
    expect([settings.litellmUrl, problems]).toEqual(['http://litellm:4000', []])
  })

  test('a setting and its alias together are refused', () => {
    const env = { LITELLM_URL: 'http://a:1', LITELLM_SERVER_URL: 'http://b:2' }
    expect(read(env).problems[0]).toMatchObject({
      source: 'LITELLM_URL',
      what: 'is set together with LITELLM_SERVER_URL',
    })
  })

  test('_FILE is accepted for secrets only', () => {
    expect(sources({ GATEKEEPER_SITE_FILE: '/x' })).toEqual(['GATEKEEPER_SITE_FILE'])
  })
})

describe('secrets', () => {
  test.each([
    ['by variable', { LITELLM_MASTER_KEY: ` ${secret} ` }],
    ['by file', { LITELLM_MASTER_KEY_FILE: '/run/secrets/master' }],
    ['by a file relative to the folder', { LITELLM_MASTER_KEY_FILE: 'master' }],
  ])('%s', (_, env) => {
    const { settings, problems } = read(env as Record<string, string>)
    expect([settings.litellmMasterKey, problems]).toEqual([secret, []])
  })

  test('a value and a file together are refused', () => {
    const env = { LITELLM_MASTER_KEY: secret, LITELLM_MASTER_KEY_FILE: '/run/secrets/master' }
    expect(sources(env)).toEqual(['LITELLM_MASTER_KEY'])
  })

  test.each(['/run/secrets/none', '/run/secrets/empty', '/run/secrets/two'])(
    'a file without a secret (%s) is a problem and not an empty secret',
    (path) => {
      const { settings, problems } = read({ LITELLM_MASTER_KEY_FILE: path })
      expect(settings.litellmMasterKey).toBeNull()
      expect(problems).toHaveLength(1)
    },
  )

  test('are never quoted in a problem', () => {
    const env = {
      LITELLM_MASTER_KEY: secret,
      LITELLM_MASTER_KEY_FILE: '/run/secrets/two',
      LITELLM_URL: `http://user:${secret}@litellm:4000/${secret}?k=${secret}`,
      OLLAMA_URL: `http://ollama/${secret}?x`,
      TTS_URL: `http://tts:${secret}`,
    }
    const { problems } = read(env)
    expect(problems.length).toBeGreaterThan(2)
    expect(JSON.stringify(problems)).not.toContain(secret)
  })

  test('cannot hold characters that would end a header field', () => {
    // It is sent as `Authorization: Bearer …`; a line break or a letter beyond ASCII breaks it.
    expect(sources({ LITELLM_MASTER_KEY: 'a\r\nX-Evil: 1' })).toEqual(['LITELLM_MASTER_KEY'])
  })
})

describe('values', () => {
  test.each([
    ['localhost', ['localhost']],
    ['localhost,[::1]', ['localhost', '::1']],
    ['a.example, b.example', ['a.example', 'b.example']],
    ['*.example.com', ['*.example.com']],
    ['192.168.1.20', ['192.168.1.20']],
    ['::1', ['::1']],
    ['box.local\n ai', ['box.local', 'ai']],
  ])('sites %j', (text, expected) => {
    const { settings, problems } = read({ GATEKEEPER_SITE: text })
    expect([settings.sites, problems]).toEqual([expected, []])
  })

  test.each([
    ...[
      'https://a.example',
      'a.example:8443',
      'a.example/x',
      '-a',
      'a..b',
      'a_b',
      '*',
      'ä.example',
    ],
    ...['a.example {', '{$PATH}', '"a"', 'a.example;', '#', ', ,', 'a-.example'],
  ])('a site that would mean something else in the Caddyfile: %j', (text) => {
    expect(sources({ GATEKEEPER_SITE: text })).toContain('GATEKEEPER_SITE')
  })

  test.each(['localhost', '0.0.0.0:80', '127.0.0.1/8', '*', '10.0.0'])('bind %j', (text) => {
    expect(sources({ GATEKEEPER_BIND: text })).toEqual(['GATEKEEPER_BIND'])
  })

  test.each(['0', '65536', '-1', '8443x', '0x1f90', '1e3', '８４４３', '084430'])(
    'port %j',
    (text) => {
      expect(sources({ GATEKEEPER_HTTPS_PORT: text })).toContain('GATEKEEPER_HTTPS_PORT')
    },
  )

  test('the two ports must differ', () => {
    const env = { GATEKEEPER_HTTPS_PORT: '9443', GATEKEEPER_HTTP_PORT: '9443' }
    expect(sources(env)).toEqual(['GATEKEEPER_HTTP_PORT'])
  })

  test.each([
    ['http://ollama:11434', 'http://ollama:11434'],
    ['http://ollama:11434/', 'http://ollama:11434'],
    ['https://ollama.example', 'https://ollama.example'],
    ['http://[::1]:11434', 'http://[::1]:11434'],
    ['http://ollama/v1', 'http://ollama/v1'],
    ['http://ollama/v1/', 'http://ollama/v1'],
  ])('URL %s', (text, expected) => {
    const { settings, problems } = read({ OLLAMA_URL: text })
    expect([settings.ollamaUrl, problems]).toEqual([expected, []])
  })

  test.each([
    ...['ollama', 'ollama:11434', 'ftp://ollama', 'http://', 'file:///etc/passwd', 'unix:/x'],
    ...[
      'http://ollama?x=1',
      'http://ollama/v1?x=1',
      'http://ollama/a/../b',
      'http://ollama#x',
      'http://u@ollama',
      'http://a b',
    ],
  ])('URL %j is refused', (text) => {
    const { settings, problems } = read({ OLLAMA_URL: text })
    expect(settings.ollamaUrl).toBeNull()
    expect(problems.map(({ source }) => source)).toEqual(['OLLAMA_URL'])
  })

  test.each(['0.0.0.0:9003', '192.168.1.20:9003', '[::]:9003'])(
    'the ops listener on %s, which others can reach, is refused',
    (text) => {
      expect(sources({ GATEKEEPER_OPS_LISTEN: text })).toEqual(['GATEKEEPER_OPS_LISTEN'])
      const token = { GATEKEEPER_METRICS_TOKEN: 'a'.repeat(24) }
      expect(sources({ GATEKEEPER_OPS_LISTEN: text, ...token })).toEqual([])
    },
  )

  test('a token for scrapers that is easy to guess is refused', () => {
    const short = { GATEKEEPER_METRICS_TOKEN: 'a'.repeat(23) }
    expect(sources(short)).toEqual(['GATEKEEPER_METRICS_TOKEN'])
  })

  test.each([
    ['1', true],
    ['0', false],
    ['', false],
  ])('the flag %j', (text, expected) => {
    const { settings, problems } = read({ GATEKEEPER_DEMO: text })
    expect([settings.demo, problems]).toEqual([expected, []])
  })
})

test('every row of the table has a help text and a unique name', () => {
  const names = settingRows.flatMap((row) => [row.name, ...('aliases' in row ? row.aliases : [])])
  expect(new Set(names).size).toBe(names.length)
  for (const row of settingRows) expect(row.help.length).toBeGreaterThan(5)
})

test('K3: in a container an API_KEYS_FILE that does not exist stops the start and is reported', () => {
  const readFile = (path: string) => {
    if (path.endsWith('there.json')) return '{}'
    throw Object.assign(new Error('gone'), { code: 'ENOENT' })
  }
  const problemsOf = (path: string) =>
    readSettings({
      ...{ env: { API_KEYS_FILE: path }, folder: '/app', platform: 'linux', readFile },
    }).problems
  expect(problemsOf('/mnt/host/clone//srv/there.json')).toEqual([])
  expect(problemsOf('/mnt/host/clone//srv/gone.json')).toEqual([
    expect.objectContaining({
      source: 'API_KEYS_FILE',
      what: 'names srv/gone.json, which does not exist in this container',
    }),
  ])
  // On the host the file may be created later: its keys are refused until then.
  expect(problemsOf('/srv/gone.json')).toEqual([])
})

describe('origins for every service', () => {
  const originsOf = (env: Record<string, string>) => {
    const { settings, problems } = read(env)
    return [settings.origins, problems.map(({ source, what }) => `${source} ${what}`)]
  }

  test('are one list under two names; none is nobody', () => {
    const list = ['https://a.example', 'https://b.example:8443', 'capacitor://localhost']
    expect(originsOf({ ALLOWED_ORIGINS: list.join(', ') })).toEqual([list, []])
    expect(originsOf({ ORIGIN_URLS: list.join(',') })).toEqual([list, []])
    expect(originsOf({ ORIGIN_URLS: 'none' })).toEqual([[], []])
    expect(originsOf({})).toEqual([null, []])
    const [, problems] = originsOf({ ORIGIN_URLS: 'https://a', ALLOWED_ORIGINS: 'https://b' })
    expect(problems).toEqual(['ALLOWED_ORIGINS is set together with ORIGIN_URLS'])
  })

  test.each([
    '*',
    'https://a.example,*',
    'https://*.example',
    'a.example',
    'https://a.example/x',
    'null',
  ])('must be origins: %s stops the start', (text) => {
    expect(originsOf({ ALLOWED_ORIGINS: text })[1]).toEqual([
      expect.stringContaining('is not a web origin'),
    ])
  })

  test.each([
    ['true', true, 0],
    ['false', false, 0],
    ['1', true, 0],
    ['0', false, 0],
    ['no', false, 1],
  ])('ALLOW_MOBILE_NO_ORIGIN=%s', (text, expected, problems) => {
    const found = read({ ALLOW_MOBILE_NO_ORIGIN: text })
    expect([found.settings.allowNoOrigin, found.problems.length]).toEqual([expected, problems])
  })
})

test('a credential for administration that could be guessed is a problem, and is not shown', () => {
  const short = 'a'.repeat(31)
  expect(read({ ADMIN_API_KEY: `${short}b` }).settings.adminKey).toBe(`${short}b`)
  const { problems } = read({ ADMIN_API_KEY: short })
  expect(problems.map(formatProblem).join()).toMatch(/ADMIN_API_KEY.*shorter than 32 characters/s)
  expect(problems.map(formatProblem).join()).not.toContain(short)
})
