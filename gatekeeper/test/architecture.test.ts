import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'

/**
 * DESIGN §3 as a test: which file may import which, who may touch the outside, and who alone may
 * mint an admission.
 */

const root = resolve(import.meta.dirname, '../..')
const src = join(root, 'gatekeeper/src')

/** Every room, and the layer that it belongs to. A new room has no layer until it is named here. */
const layerOf: Readonly<Record<string, number>> = {
  'main.ts': 7,
  'serve.ts': 6,
  'stop.ts': 5.5,
  'app.ts': 5,
  'app-audit.ts': 4.5,
  'app-chat.ts': 4.5,
  'app-reads.ts': 4.5,
  'app-unheld.ts': 4.5,
  'app-tokens.ts': 4.5,
  http: 4,
  admission: 3,
  ...Object.fromEntries(
    [
      'config',
      'credentials',
      'tokens',
      'upstreams',
      'usage',
      'audit',
      'telemetry',
      'scheduler',
      'prompts',
    ].map((room) => [room, 2]),
  ),
  policy: 1,
  endpoints: 1,
  guardrails: 1,
  lib: 0,
  'own-package.ts': 0,
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

/** The room that a relative import leads into; null for packages. */
function roomOf(file: SourceFile, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const target = resolve(dirname(join(root, file.path)), specifier)
  const inside = relative(src, target).replaceAll('\\', '/')
  return inside.startsWith('..') ? 'outside' : (inside.split('/')[0] ?? '')
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

test('there is something to hold: the files are found and their imports are read', () => {
  expect(production.length).toBeGreaterThan(50)
  expect(tests.length).toBeGreaterThan(20)
  expect(scripts.length).toBeGreaterThan(10)
  const app = production.find(({ path }) => path === 'gatekeeper/src/app.ts')
  expect(app?.imports).toContain('./policy/checks.ts')
  expect(production.flatMap(({ imports }) => imports).length).toBeGreaterThan(150)
  // Every folder that DESIGN §3 promises for now has files.
  for (const room of ['lib', 'policy', 'endpoints', 'credentials', 'admission', 'http', 'config']) {
    expect(production.some((file) => file.room === room)).toBe(true)
  }
})

describe('imports', () => {
  test('every room has its layer', () => {
    expect(production.filter(({ room }) => !(room in layerOf)).map(({ path }) => path)).toEqual([])
  })

  test('point one way, and sibling rooms never import each other', () => {
    // Endpoints are described in the words of policy: a decision, and the only exception.
    const words = ['policy/endpoint.ts', 'policy/service.ts']
    const isWordOfPolicy = (file: SourceFile, specifier: string) =>
      file.room === 'endpoints' && words.some((word) => specifier === `../${word}`)
    const found = violations(production, (file, specifier) => {
      const room = roomOf(file, specifier)
      if (room === null || room === file.room || isWordOfPolicy(file, specifier)) return false
      return (layerOf[room] ?? Number.POSITIVE_INFINITY) >= (layerOf[file.room] ?? -1)
    })
    expect(found).toEqual([])
  })

  test('nobody imports main', () => {
    const isMain = (_: SourceFile, specifier: string) => /(?:^|\/)main\.ts$/.test(specifier)
    expect(violations([...files, ...scripts], isMain)).toEqual([])
  })

  // The bench measures the house of the tests; it is never part of the product.
  const isBench = (path: string) => path === 'scripts/bench.ts' || path.startsWith('scripts/bench/')

  test('production imports no test and nothing of the test folder', () => {
    const found = violations(
      [...production, ...scripts.filter(({ isTest, path }) => !isTest && !isBench(path))],
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

  // It asks the house itself, wired as it runs, so that its answer cannot be another one.
  const isExplain = (path: string) => /^scripts\/explain(?:\.ts|\/)/.test(path)

  test('of the scripts go to rooms, never to http, admission, app or main', () => {
    const found = violations(
      scripts.filter(({ isTest }) => !isTest),
      (file, specifier) => {
        const room = roomOf(file, specifier)
        if (isExplain(file.path) && ['app.ts', 'admission'].includes(room ?? '')) return false
        return room !== null && room !== 'outside' && (layerOf[room] ?? 9) >= 3
      },
    )
    expect(found).toEqual([])
  })

  test('are static: what is imported at run time is seen by nobody', () => {
    const pathsWith = (form: RegExp) =>
      production.filter(({ code }) => form.test(code)).map(({ path }) => path)
    // All but one: main.ts has a thread to start before it loads the rest.
    expect(pathsWith(/\bimport\s*\(|\brequire\s*\(/)).toEqual(['gatekeeper/src/main.ts'])
    expect(production.find(({ path }) => path === 'gatekeeper/src/main.ts')?.code).toContain(
      "await import('./serve.ts')",
    )
    // The listeners take node:http so, which loads more than they need otherwise.
    expect(pathsWith(/\bgetBuiltinModule\b/)).toEqual(['gatekeeper/src/http/listeners.ts'])
  })
})

describe('packages', () => {
  const only = (packages: RegExp, isAllowed: (file: SourceFile) => boolean) =>
    violations(production, (file, specifier) => packages.test(specifier) && !isAllowed(file))

  test('koa is known in http/ and app.ts alone', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'http' || room === 'app.ts'
    expect(only(/^(?:koa|@koa\/)/, isAllowed)).toEqual([])
  })

  test('undici is known only where requests leave', () => {
    expect(only(/^undici(?:\/|$)/, ({ room }) => room === 'upstreams')).toEqual([])
  })

  test('jose is known in credentials/ and tokens/ alone', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'credentials' || room === 'tokens'
    expect(only(/^jose(?:\/|$)/, isAllowed)).toEqual([])
  })

  test('requests leave through upstreams/ alone: nobody else calls fetch or node:http', () => {
    const isAllowed = ({ room }: SourceFile) => room === 'http' || room === 'upstreams'
    const found = only(
      /^(?:node:)?(?:https?|http2|tls|dgram|dns.*)$/,
      (file) => isAllowed(file) || ['serve.ts', 'stop.ts'].includes(file.room),
    )
    expect(found).toEqual([])
    const callers = production.filter(({ code }) => /(?<![.\w])fetch\(/.test(code))
    expect(callers.map(({ path }) => path)).toEqual([])
  })

  test('policy, endpoints and guardrails are pure: no package, no node, no clock, no chance', () => {
    const pure = production.filter(({ room }) =>
      ['policy', 'endpoints', 'guardrails'].includes(room),
    )
    expect(pure.length).toBeGreaterThan(20)
    expect(violations(pure, (_, specifier) => !specifier.startsWith('.'))).toEqual([])
    const impure =
      /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bprocess\.|\bset(?:Timeout|Interval)\b|\bconsole\./
    expect(pure.filter(({ code }) => impure.test(code)).map(({ path }) => path)).toEqual([])
  })
})

describe('code', () => {
  const pathsWith = (form: RegExp, of: readonly SourceFile[] = production) =>
    of.filter(({ code }) => form.test(code)).map(({ path }) => path)

  test('process.env is read in main.ts alone', () => {
    const reading = pathsWith(
      /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\[|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b/,
    )
    expect(reading.filter((path) => path !== 'gatekeeper/src/main.ts')).toEqual([])
    expect(violations(production, (_, specifier) => /^(?:node:)?process$/.test(specifier))).toEqual(
      [],
    )
  })

  test('an admission is minted in admission/admit.ts alone', () => {
    const all = [...production, ...scripts]
    expect(pathsWith(/\bnew\s+Admission\s*\(/, all)).toEqual(['gatekeeper/src/admission/admit.ts'])
    // Ways around: a cast, a subclass, another name.
    expect(pathsWith(/\bas\s+(?:unknown\s+as\s+)?Admission\b/, all)).toEqual([])
    expect(pathsWith(/\bextends\s+Admission\b|\bAdmission\s+as\b|Reflect\.construct/, all)).toEqual(
      [],
    )
  })

  test('has no default exports, no barrels, no enums, no namespaces, no any', () => {
    const all = [...files, ...scripts.filter(({ path }) => path.endsWith('.ts'))]
    expect(pathsWith(/^\s*export\s+default\b|\bas\s+default\b/m, all)).toEqual([])
    expect(all.filter(({ path }) => /(?:^|\/)index\.[cm]?[jt]s$/.test(path))).toEqual([])
    expect(
      pathsWith(/^\s*export\s+(?:\*|(?:type\s*)?\{[^}]*\})\s*(?:as\s+\w+\s*)?from\b/m, all),
    ).toEqual([])
    expect(pathsWith(/^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s/m, all)).toEqual([])
    expect(pathsWith(/^\s*(?:export\s+)?(?:declare\s+)?namespace\s/m, all)).toEqual([])
    expect(pathsWith(/:\s*any\b|\bas\s+any\b|<any>/, production)).toEqual([])
  })

  test('evaluates no text', () => {
    expect(pathsWith(/(?<![.\w])eval\s*\(|\bnew\s+Function\s*\(|\bFunction\s*\(/)).toEqual([])
  })

  test('everything that emits errors has a listener for them where it is made', () => {
    const made =
      /(?<![.\w])(?:connect|createServer|spawn|fork|watch|request|requestHttps?)\(|\bnew (?:Worker|Transform|Readable|Writable|PassThrough|Duplex)\(|(?<!\w)create(?:Read|Write)Stream\(|= decoders\[/g
    const heard = /\.on\('error'/
    // `connect` of the database is a function of ours; the writer of a terminal's echo cannot fail,
    // and what the bench and the test runner start is not the product.
    // `ask` of wait-until-ready.ts listens to what it is given.
    const others =
      /wait-until-ready\.ts$|sqlite\/open-database\.ts$|keys\/terminal\.ts$|^scripts\/(?:bench|test)(?:\.ts$|\/)/
    const found = [...production, ...scripts.filter(({ isTest }) => !isTest)]
      .filter(({ path }) => !others.test(path))
      .flatMap(({ path, code }) => [...code.matchAll(made)].map((match) => ({ path, code, match })))
    // There is something to hold.
    expect(found.length).toBeGreaterThan(12)
    const unheard = found.filter(({ code, match }) => {
      const after = code.slice(match.index).split('\n').slice(0, 40).join('\n')
      return !heard.test(after)
    })
    expect(unheard.map(({ path, match }) => `${path}: ${match[0]}`)).toEqual([])
  })

  test('writes to no console: lines go through telemetry', () => {
    expect(pathsWith(/\bconsole\./)).toEqual([])
  })
})

describe('files', () => {
  test('are kebab-case', () => {
    const odd = [...files, ...scripts].filter(({ path }) => {
      const name = path.split('/').at(-1) ?? ''
      return !/^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.(?:ts|mjs)$/.test(name)
    })
    expect(odd.map(({ path }) => path)).toEqual([])
  })

  test('of tests stand beside the source that they are about', () => {
    const known = new Set(files.map(({ path }) => path))
    const lonely = tests.filter(({ path }) => !known.has(path.replace('.test.ts', '.ts')))
    expect(lonely.map(({ path }) => path)).toEqual([])
  })
})
