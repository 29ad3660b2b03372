import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * The layout of docs/ARCHITECTURE.md as a test: which file may import which, who may use files,
 * network and clock, and that only one file makes an admission.
 */

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'gatekeeper/src')

/** Every room, and the layer that it belongs to. A new room has no layer until it is named here. */
const layerOf: Readonly<Record<string, number>> = {
  'main.ts': 9,
  app: 8,
  http: 7,
  explain: 6,
  admission: 5,
  operations: 5,
  ...Object.fromEntries(
    [
      'config',
      'credentials',
      'api-keys',
      'address-rules',
      'access-tokens',
      'oauth',
      'upstreams',
      'usage',
      'audit',
      'telemetry',
      'scheduler',
      'prompts',
      'people',
      'vault',
      'guardrails',
      'wire',
    ].map((room) => [room, 4]),
  ),
  kinds: 3,
  policy: 2,
  model: 1,
  lib: 0,
}

type SourceFile = {
  /** Relative to the repository, with `/`. */
  readonly path: string
  readonly room: string
  readonly text: string
  readonly code: string
  readonly imports: readonly string[]
  readonly isTest: boolean
}

const importForm = /(?:\bfrom|\bimport)\s*\(?\s*(['"])([^'"\s]+)\1/g

function readFolder(folder: string): SourceFile[] {
  return globSync('**/*.{ts,mts,cts,js,mjs,cjs}', { cwd: folder }).map((name) => {
    const full = join(folder, name)
    const text = readFileSync(full, 'utf8')
    const code = withoutComments(text)
    return {
      path: relative(root, full).replaceAll('\\', '/'),
      room: name.split(/[\\/]/)[0] ?? '',
      text,
      code,
      imports: [...code.matchAll(importForm)].map((match) => match[2] ?? ''),
      isTest: /\.test\.[cm]?[jt]s$/.test(name),
    }
  })
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1')
}

const files = readFolder(src)
const production = files.filter(({ isTest }) => !isTest)
const tests = files.filter(({ isTest }) => isTest)
const scripts = readFolder(join(root, 'scripts'))
const admin = readFolder(join(root, 'admin/src'))
const adminProduction = admin.filter(({ isTest }) => !isTest)

/** The room that a relative import leads into; null for packages. */
function roomOf(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const target = resolve(dirname(join(root, file.path)), specifier)
  const inside = relative(src, target).replaceAll('\\', '/')
  return inside.startsWith('..') ? 'outside' : (inside.split('/')[0] ?? '')
}

/**
 * The packages of the admin process. It makes no request but to login providers, so it has no client
 * of any other kind.
 */
const adminPackages =
  /^(?:node:(?!net$|https|http2|tls|dgram|dns|child_process|worker_threads)|koa$|@koa\/router$|koa-body$|zod$)/

/** Packages of one folder of the admin process. */
const adminFolders: readonly (readonly [RegExp, string])[] = [
  [/^kysely(?:\/migration)?$/, 'admin/src/store/'],
  [/^@simplewebauthn\/server$/, 'admin/src/signin/passkeys/'],
  [/^openid-client$/, 'admin/src/signin/providers/'],
]

/** Whether a file of the admin process may import a package. */
function isAdminPackage({ path }: SourceFile, specifier: string): boolean {
  const isOwn = adminFolders.some(
    ([packages, folder]) => packages.test(specifier) && path.startsWith(folder),
  )
  return isOwn || adminPackages.test(specifier)
}

/** The path of a relative import in the repository; the specifier itself for packages. */
function resolvedOf(file: SourceFile, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  return relative(root, resolve(dirname(join(root, file.path)), specifier)).replaceAll('\\', '/')
}

/** All violations as lines, so that one run shows them all. */
function violations(
  of: readonly SourceFile[],
  isViolation: (file: SourceFile, specifier: string) => boolean,
): string[] {
  return of.flatMap((file) =>
    file.imports
      .filter((specifier) => isViolation(file, specifier))
      .map((specifier) => `${file.path} imports ${specifier}`),
  )
}

/**
 * The files of cycles, and those between two cycles: files with endless imports in both directions.
 */
function inCircles(edges: ReadonlyMap<string, readonly string[]>): string[] {
  let left = [...edges.keys()]
  for (let before = -1; before !== left.length; ) {
    before = left.length
    const remaining = new Set(left)
    const imported = new Set(left.flatMap((path) => edges.get(path) ?? []))
    left = left.filter(
      (path) => imported.has(path) && edges.get(path)?.some((target) => remaining.has(target)),
    )
  }
  return left.sort()
}

test('the rules have input: the files are found and their imports are read', () => {
  expect(production.length).toBeGreaterThan(50)
  expect(tests.length).toBeGreaterThan(20)
  expect(scripts.length).toBeGreaterThan(10)
  expect(adminProduction.length).toBeGreaterThan(4)
  const app = production.find(({ path }) => path === 'gatekeeper/src/app/admission.ts')
  expect(app?.imports).toContain('../policy/checks.ts')
  expect(production.flatMap(({ imports }) => imports).length).toBeGreaterThan(150)
  // Every folder of the layout has files.
  for (const room of [
    'lib',
    'model',
    'policy',
    'kinds',
    'credentials',
    'admission',
    'http',
    'operations',
  ]) {
    expect(production.some((file) => file.room === room)).toBe(true)
  }
})

describe('imports', () => {
  test('every room has its layer', () => {
    expect(production.filter(({ room }) => !(room in layerOf)).map(({ path }) => path)).toEqual([])
  })

  test('point one way, and sibling rooms never import each other', () => {
    const found = violations(production, (file, specifier) => {
      const room = roomOf(file, specifier)
      if (room === null || room === file.room) return false
      return (layerOf[room] ?? Number.POSITIVE_INFINITY) >= (layerOf[file.room] ?? -1)
    })
    expect(found).toEqual([])
  })

  test('no room knows a provider: a kind is used by its members, never by its name', () => {
    const isProvider = /kinds\/(?:ollama|openai|llamacpp|vllm|tts)\//
    const outside = production.filter(({ room }) => room !== 'kinds')
    expect(violations(outside, (_, specifier) => isProvider.test(specifier))).toEqual([])
    const names = /\bkind\.name [!=]== '/
    expect(outside.filter(({ code }) => names.test(code)).map(({ path }) => path)).toEqual([])
  })

  test('no file imports main', () => {
    const isMain = (_: SourceFile, specifier: string) => /(?:^|\/)main\.ts$/.test(specifier)
    expect(violations([...files, ...scripts], isMain)).toEqual([])
  })

  test('production code imports no test and nothing from the test folder', () => {
    const found = violations(
      [...production, ...scripts.filter(({ isTest }) => !isTest)],
      (_, specifier) => /\.test\.ts$|gatekeeper\/test\//.test(specifier),
    )
    expect(found).toEqual([])
  })

  test('relative ones end in .ts and lead to a file', () => {
    const known = new Set([...files, ...scripts].map(({ path }) => path))
    const found = violations(production, (file, specifier) => {
      if (!specifier.startsWith('.')) return false
      const target = relative(root, resolve(dirname(join(root, file.path)), specifier))
      return !specifier.endsWith('.ts') || !known.has(target.replaceAll('\\', '/'))
    })
    expect(found).toEqual([])
  })

  // A cycle has no first file to read. The import form above matches `import type` too.
  test('form no cycle, not even of types', () => {
    const all = [...production, ...scripts.filter(({ isTest }) => !isTest)]
    const targets = ({ path, imports }: SourceFile) =>
      imports
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => relative(root, resolve(dirname(join(root, path)), specifier)))
        .map((target) => target.replaceAll('\\', '/'))
    const edges = new Map(all.map((file) => [file.path, targets(file)]))
    expect([...edges.values()].flat().length).toBeGreaterThan(500)
    expect(inCircles(edges)).toEqual([])
    expect(inCircles(edges.set('gatekeeper/src/lib/clock.ts', ['gatekeeper/src/main.ts']))).toEqual(
      expect.arrayContaining(['gatekeeper/src/lib/clock.ts', 'gatekeeper/src/main.ts']),
    )
  })

  // It uses the real composition of the service, so that its answer cannot differ.
  const isExplain = (path: string) => /^scripts\/explain(?:\.ts|\/)/.test(path)

  test('of the scripts lead to rooms and operations, never to http, admission, app or main', () => {
    const found = violations(
      scripts.filter(({ isTest }) => !isTest),
      (file, specifier) => {
        const room = roomOf(file, specifier)
        if (isExplain(file.path) && ['app', 'explain', 'admission'].includes(room ?? ''))
          return false
        return (
          room !== null && room !== 'outside' && room !== 'operations' && (layerOf[room] ?? 9) >= 5
        )
      },
    )
    expect(found).toEqual([])
  })

  test('of the admin process lead to operations, wire, model and lib only', () => {
    const rooms = ['operations', 'wire', 'model', 'lib']
    const found = violations(adminProduction, (file, specifier) => {
      const room = roomOf(file, specifier)
      if (room === 'outside') return !resolvedOf(file, specifier).startsWith('admin/src/')
      return room === null ? !isAdminPackage(file, specifier) : !rooms.includes(room)
    })
    expect(found).toEqual([])
    // Commands make invitations and codes in admin.db, and so they open it; one describes the API.
    const isStore = (file: SourceFile, path: string) =>
      (file.path.startsWith('scripts/') && path.startsWith('admin/src/store/')) ||
      (file.path === 'scripts/docs/openapi-docs.ts' && path.startsWith('admin/src/api/'))
    const fromAdmin = violations([...files, ...scripts], (file, specifier) => {
      const path = resolvedOf(file, specifier)
      return path.startsWith('admin/') && !isStore(file, path)
    })
    expect(fromAdmin).toEqual([])
  })

  test('are static: imports at run time are not checked', () => {
    const textsOf = (form: RegExp) =>
      production.flatMap(({ path, code }) => [...code.matchAll(form)].map(([text]) => [path, text]))
    // All but these: main.ts starts a thread before it loads the rest, and the body parser and the
    // readers of signatures are loaded with the first request that needs them.
    expect(textsOf(/\bimport\s*\([^)]*\)|\brequire\s*\([^)]*\)/g).sort()).toEqual([
      ['gatekeeper/src/http/control/read-json.ts', "import('koa-body')"],
      ['gatekeeper/src/main.ts', "import('./app/serve.ts')"],
      [
        'gatekeeper/src/operations/audit/background-verification.ts',
        "import('./verify-with-acts.ts')",
      ],
    ])
    expect(textsOf(/\bgetBuiltinModule\b/g)).toEqual([])
  })
})

describe('packages', () => {
  const only = (packages: RegExp, isAllowed: (file: SourceFile) => boolean) =>
    violations(production, (file, specifier) => packages.test(specifier) && !isAllowed(file))

  test('koa is used in http/ and app/ only', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'http' || room === 'app'
    expect(only(/^(?:koa|@koa\/)/, isAllowed)).toEqual([])
  })

  test('undici is used only for outgoing requests', () => {
    expect(only(/^undici(?:\/|$)/, ({ room }) => room === 'upstreams')).toEqual([])
  })

  test('jose is used in access-tokens/ and oauth/ only', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'access-tokens' || room === 'oauth'
    expect(only(/^jose(?:\/|$)/, isAllowed)).toEqual([])
  })

  test('the vault is pure: it has no file, no network and no clock, and only node:crypto', () => {
    const vault = production.filter(({ room }) => room === 'vault')
    expect(vault.length).toBeGreaterThan(5)
    const isAllowed = (specifier: string) =>
      specifier.startsWith('.') || ['node:crypto', 'zod'].includes(specifier)
    expect(violations(vault, (_, specifier) => !isAllowed(specifier))).toEqual([])
    const impure =
      /lib\/(?:files|net|load)\/|\bDate\.now\b|\bnew Date\(\)|\bprocess\.|\bMath\.random\b/
    expect(vault.filter(({ code }) => impure.test(code)).map(({ path }) => path)).toEqual([])
  })

  test('outgoing requests are in upstreams/ only: no other room calls fetch or node:http', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'http' || room === 'upstreams'
    const found = only(
      /^(?:node:)?(?:https?|http2|tls|dgram|dns.*)$/,
      (file) =>
        isAllowed(file) ||
        // The last ones ask over a unix socket of this user, and nowhere else.
        /(?:app\/(?:listen|stop)|lib\/net\/listening|operations\/(?:ask|stream)-gatekeeper)\.ts$/.test(
          file.path,
        ),
    )
    expect(found).toEqual([])
    const callers = production.filter(({ code }) => /(?<![.\w])fetch\(/.test(code))
    expect(callers.map(({ path }) => path)).toEqual([])
  })

  test('model, policy, kinds and guardrails are pure: no package, no node, no clock, no randomness', () => {
    const pure = production.filter(({ room }) =>
      ['model', 'policy', 'kinds', 'guardrails'].includes(room),
    )
    expect(pure.length).toBeGreaterThan(20)
    expect(violations(pure, (_, specifier) => !specifier.startsWith('.'))).toEqual([])
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bset(?:Timeout|Interval)\b|\bconsole\./
    expect(pure.filter(({ code }) => impure.test(code)).map(({ path }) => path)).toEqual([])
  })
})

/** The code that users run: without tests, the bench and the test runner. */
const ours = [...production, ...adminProduction, ...scripts.filter(({ isTest }) => !isTest)].filter(
  ({ path }) => !/^scripts\/test(?:\.ts$|\/)/.test(path),
)

/**
 * Calls that create an emitter of errors: sockets, servers, processes, watchers, streams, threads.
 */
const emitters =
  /(?<![.\w])(?:connect|createConnection|createServer|createTlsServer|spawn|fork|watch|request|requestHttps?|createInterface|create(?:Read|Write)Stream|decoders\[\w+\])\(|\bnew (?:Worker|Transform|Readable|Writable|PassThrough|Duplex|Socket|Server)\(/g

/** Why there is no listener where it is created. */
const heardElsewhere: Readonly<Record<string, string>> = {
  'gatekeeper/src/upstreams/connector.ts: connect(':
    'undici listens, and so do we when it is there',
  'gatekeeper/src/operations/usage/sums/sums-file.ts: connect(': 'opens a database',
  'scripts/start/wait-until-ready.ts: requestHttp(': '`ask` listens to what it is given at once',
  'scripts/start/wait-until-ready.ts: requestHttps(': '`ask` listens to what it is given at once',
  'scripts/frame/terminal.ts: new Writable(': 'takes everything and does nothing',
  'scripts/frame/terminal.ts: createInterface(': 'listens to its error by a list of events',
}

/**
 * Whether the created emitter has a name, and that name gets a listener within the same block,
 * before any `await` in it. By indentation, which the formatter keeps.
 */
function isHeard(code: string, at: number): boolean {
  const begin = code.lastIndexOf('\n', at) + 1
  const [line = '', ...after] = code.slice(begin).split('\n')
  const name = /^ *const (\w+)\b[^=]*= /.exec(line)?.[1]
  if (name === undefined) return false
  const depthOf = (one: string) => one.search(/\S/)
  const depth = depthOf(line)
  const end = after.findIndex((one) => depthOf(one) !== -1 && depthOf(one) < depth)
  const block = end === -1 ? after : after.slice(0, end)
  const heard = block.findIndex((one) => one.startsWith(`${' '.repeat(depth)}${name}.on('error'`))
  const before = block.slice(0, Math.max(heard, 0))
  const isWaiting = before.some((one) => depthOf(one) <= depth && /\b(?:await|yield)\b/.test(one))
  return heard !== -1 && !isWaiting
}

describe('code', () => {
  const pathsWith = (form: RegExp, of: readonly SourceFile[] = production) =>
    of.filter(({ code }) => form.test(code)).map(({ path }) => path)

  test('process.env is read in main.ts only', () => {
    const reading = pathsWith(
      /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/,
    )
    expect(reading.filter((path) => path !== 'gatekeeper/src/main.ts')).toEqual([])
    expect(pathsWith(/\bprocess\.env\b/, admin)).toEqual(['admin/src/main.ts'])
    expect(violations(production, (_, specifier) => /^(?:node:)?process$/.test(specifier))).toEqual(
      [],
    )
  })

  test('an admission is created in admission/admit.ts only', () => {
    const all = [...production, ...scripts]
    expect(pathsWith(/\bnew\s+Admission\s*\(/, all)).toEqual(['gatekeeper/src/admission/admit.ts'])
    // Ways around: a cast, a subclass, another name.
    expect(pathsWith(/\bas\s+(?:unknown\s+as\s+)?Admission\b/, all)).toEqual([])
    expect(pathsWith(/\bextends\s+Admission\b|\bAdmission\s+as\b|Reflect\.construct/, all)).toEqual(
      [],
    )
  })

  test('a reservation is settled by a failed admission or a conclusion, and one place records', () => {
    // `slot.ts` releases the slot and forwards the call.
    expect(pathsWith(/\breservation\.settle\(/).sort()).toEqual([
      'gatekeeper/src/admission/admit.ts',
      'gatekeeper/src/admission/slot.ts',
      'gatekeeper/src/http/conclude.ts',
    ])
    const settling = production.filter(({ path }) => /(?:admit|conclude)\.ts$/.test(path))
    const places = settling.flatMap(({ code }) => [...code.matchAll(/\.settle\(/g)])
    expect(places).toHaveLength(2)
    expect(pathsWith(/\bonDecided\(/)).toEqual(['gatekeeper/src/http/conclude.ts'])
  })

  test('has no default exports, no barrels, no enums, no namespaces, no any', () => {
    const all = [...files, ...admin, ...scripts.filter(({ path }) => path.endsWith('.ts'))]
    expect(pathsWith(/^\s*export\s+default\b|\bas\s+default\b/m, all)).toEqual([])
    expect(all.filter(({ path }) => /(?:^|\/)index\.[cm]?[jt]s$/.test(path))).toEqual([])
    expect(
      pathsWith(/^\s*export\s+(?:\*|(?:type\s*)?\{[^}]*\})\s*(?:as\s+\w+\s*)?from\b/m, all),
    ).toEqual([])
    expect(pathsWith(/^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/m, all)).toEqual([])
    expect(pathsWith(/^\s*(?:export\s+)?(?:declare\s+)?namespace\s/m, all)).toEqual([])
    expect(pathsWith(/:\s*any\b|\bas\s+any\b|<any>/, [...production, ...adminProduction])).toEqual(
      [],
    )
  })

  test('evaluates no string', () => {
    expect(pathsWith(/(?<![.\w])eval\s*\(|\bnew\s+Function\s*\(|\bFunction\s*\(/)).toEqual([])
  })

  test('every emitter of errors has a listener for them at once', () => {
    const found = ours.flatMap(({ path, code }) =>
      [...code.matchAll(emitters)].map((match) => ({ path, code, match })),
    )
    // The rules have input.
    expect(found.length).toBeGreaterThan(15)
    const unheard = found.filter(({ code, match }) => !isHeard(code, match.index))
    const names = unheard.map(({ path, match }) => `${path}: ${match[0]}`)
    expect(names.filter((name) => !Object.hasOwn(heardElsewhere, name))).toEqual([])
    // An exception that is no longer needed must be removed.
    expect(Object.keys(heardElsewhere).filter((name) => !names.includes(name))).toEqual([])
  })

  test('errors of streams are never passed on unchecked', () => {
    // `pipeline` destroys its streams and those that it created; a readline closes its input.
    const hidden =
      /\bpipeline\(|node:stream\/promises|\bReadable\.(?:from|fromWeb)\(|\bextends (?:EventEmitter|Transform|Readable|Writable|Duplex)\b|\bnew EventEmitter\(|(?<![.\w])(?:exec|execFile)\(|\bnew (?:MessageChannel|BroadcastChannel|WebSocket|EventSource)\(/
    expect(pathsWith(hidden, ours)).toEqual([])
    // `pipe` forwards no error: one place handles it.
    expect(pathsWith(/\.pipe\(/, ours)).toEqual(['gatekeeper/src/upstreams/request-body.ts'])
    expect(pathsWith(/\bcreateInterface\(/, ours)).toEqual(['scripts/frame/terminal.ts'])
    // `serve` ends the process when this one dies.
    expect(pathsWith(/\bnew Worker\(/, ours)).toEqual([
      'gatekeeper/src/usage/journal/sqlite/journal-thread.ts',
    ])
    // undici's `request` and `stream` make streams of their own; `dispatch` calls functions.
    const undici = ours.flatMap(({ code }) =>
      [...code.matchAll(/import \{([^}]*)\} from 'undici'/g)].map((match) => match[1] ?? ''),
    )
    const names = undici.flatMap((list) => list.split(',').map((name) => name.trim()))
    expect(new Set(names)).toEqual(new Set(['Agent', 'type Dispatcher', 'buildConnector']))
  })

  test('does not write to the console: lines go through telemetry', () => {
    // The settings of the console have its name too.
    const writing =
      /\bconsole\.(?:log|error|warn|info|debug|trace|dir|table|time|assert|group|count)|\bconsole\[/
    expect(pathsWith(writing, [...production, ...adminProduction])).toEqual([])
  })
})

describe('files', () => {
  test('are kebab-case', () => {
    const odd = [...files, ...scripts, ...admin].filter(({ path }) => {
      const name = path.split('/').at(-1) ?? ''
      return !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.(?:ts|mjs)$/.test(name)
    })
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  test('of tests are next to the source that they test', () => {
    const known = new Set(files.map(({ path }) => path))
    const lonely = tests.filter(({ path }) => !known.has(path.replace('.test.ts', '.ts')))
    expect(lonely.map(({ path }) => path)).toEqual([])
  })
})
