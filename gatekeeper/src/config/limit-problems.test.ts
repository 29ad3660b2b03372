import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { formatProblem } from '../lib/problem.ts'
import { parseLimit } from '../model/limit.ts'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const readFile = () => 'secret'
const { settings } = readSettings({ env: {}, folder: '/gk', platform: 'linux', readFile })
const read = (text: string) => readGatewayFile(text, 'gatekeeper.yaml', { settings, readFile })
const problemsOf = (text: string) => read(text).problems.map(formatProblem)
const head = 'version: 1\nservices:\n'
const ollama = '  ollama: {kind: ollama, routes: [{prefix: /api}]}\n'
const tts = (limits: string) =>
  `  tts: {kind: http, routes: [{prefix: /tts}], limits: [${limits}]}\n`

describe('limits and roles of gatekeeper.yaml', () => {
  test('are read, for everybody, services, roles and users', () => {
    const { policies, services, problems } = read(`${head}${ollama}${tts('60/min')}
timeZone: Europe/Berlin
limits: [1000/min]
capOutput: true
roles:
  readwrite: {limits: [60/min, 200k-tokens/day], models: ['llama3.2:*'], caps: {outputTokens: 100}, weight: 2}
users:
  ada: {limits: [5usd/month]}
`)
    expect(problems).toEqual([])
    expect(policies).toMatchObject({ timeZone: 'Europe/Berlin', capOutput: true })
    expect(policies.limits.map(({ text }) => text)).toEqual(['1k/min'])
    expect(policies.roles.readwrite).toMatchObject({
      ...{ models: ['llama3.2:*'], weight: 2, cloudModels: null, capOutput: null },
      caps: { outputTokens: 100, contextTokens: null },
    })
    expect(policies.roles.admin).toBeUndefined()
    expect(policies.users.get('ada')?.limits.map(({ text }) => text)).toEqual(['5usd/month'])
    expect(services.map(({ limits }) => limits.map(({ text }) => text))).toEqual([[], ['60/min']])
  })

  test('slots create a queue, and its rules have defaults', () => {
    const text = `${head}  ollama: {kind: ollama, routes: [{prefix: /api}], slots: 4, queue: {waiting: 7}}\n`
    expect(read(text).services[0]?.queue).toEqual({
      ...{ slots: 4, waitingMax: 7, waitingPerKeyMax: 4, longestWaitMs: 120_000 },
    })
  })

  test.each([
    [
      'a limit that means nothing',
      `${head}${ollama}limits: [60/min, 5/week]\n`,
      /4:18: limits\.1: is not a limit/,
    ],
    ['a limit that is a number', `${head}${ollama}limits: [60]\n`, /4:10: limits\.0: /],
    [
      'a zone that is nowhere',
      `${head}${ollama}timeZone: Berlin\n`,
      /4:1: timeZone: must be a time zone/,
    ],
    [
      'a role that there is not',
      `${head}${ollama}roles: {root: {}}\n`,
      /4:9: roles has an unknown member "root"/,
    ],
    [
      'a member that roles have not',
      `${head}${ollama}roles: {admin: {quota: 1}}\n`,
      /unknown member "quota"/,
    ],
    [
      'a weight of nothing',
      `${head}${ollama}roles: {admin: {weight: 0}}\n`,
      /roles\.admin\.weight/,
    ],
    [
      'no slots at all',
      `${head}  ollama: {kind: ollama, routes: [{prefix: /api}], slots: 0}\n`,
      /slots/,
    ],
  ])('%s is named with its place', (_, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringMatching(problem)])
  })
})

describe('a limit that cannot be enforced stops the start', () => {
  test.each(['1k-tokens/day', '5usd/month', '2-concurrent', '1k-prompt-bytes', '9-stream-seconds'])(
    '%s of a service that is checked only',
    (limit) => {
      expect(problemsOf(head + tts(`60/min, ${limit}`))).toEqual([
        expect.stringMatching(
          /^gatekeeper\.yaml:3:\d+: \S+ can never be enforced on tts, which has check/,
        ),
      ])
    },
  )

  test('and of everybody, when a service is checked only', () => {
    const text = `${head}${ollama}${tts('')}limits: [60/min, 2-concurrent]\n`
    expect(problemsOf(text)).toEqual([
      'gatekeeper.yaml:5:18: 2-concurrent can never be enforced on tts, where Caddy proxies after a check. Move it to the limits of the relayed services.',
    ])
    expect(problemsOf(`${head}${ollama}limits: [60/min, 2-concurrent]\n`)).toEqual([])
  })

  test('of a role or user it is a warning: others are still served', () => {
    const policies =
      'roles: {readwrite: {limits: [60/min, 1k-prompt-bytes]}}\nusers: {ada: {limits: [2-concurrent]}}\n'
    const { problems, warnings } = read(`${head}${ollama}${tts('')}${policies}`)
    expect(problems).toEqual([])
    expect(warnings.map(formatProblem)).toEqual([
      expect.stringMatching(/:5:\d+: 1k-prompt-bytes denies the role readwrite access to \/tts/),
      expect.stringMatching(/:6:\d+: 2-concurrent denies the user ada access to \/tts/),
    ])
    expect(read(`${head}${ollama}${policies}`).warnings).toEqual([])
  })

  const shipped = readFileSync(join(import.meta.dirname, '../../../gatekeeper.yaml'), 'utf8')

  test('tokens and money of everybody, of roles and users start with the shipped file', () => {
    const text = `${shipped}
limits: [50usd/month, 1m-tokens/day]
roles: {readwrite: {limits: [200k-tokens/day]}}
users: {ada: {limits: [5usd/month]}}
`
    const { problems, warnings } = read(text)
    expect(problems).toEqual([])
    // Services without models have none to count; they give no warning.
    expect(warnings.map(formatProblem).join()).not.toMatch(/\/tts|\/whisper|\/image/)
  })

  test('they are reported with their route when a service has models and only heads are seen', () => {
    const checked =
      '  m: {kind: ollama, upstream: {url: "http://h:1"}, routes: [{prefix: /m, mode: relay}, {prefix: /h, mode: check}]}\n'
    const { problems, warnings } = read(
      `${head}${checked}${tts('')}limits: [5usd/month]\nroles: {admin: {limits: [9-tokens/day]}}\n`,
    )
    expect(problems).toEqual([])
    const ofLimits = warnings.map(formatProblem).filter((text) => text.includes('access to'))
    expect(ofLimits).toEqual([
      expect.stringMatching(/:5:\d+: 5usd\/month denies everyone access to \/h, where/),
      expect.stringMatching(/:6:\d+: 9-tokens\/day denies the role admin access to \/h, where/),
    ])
  })

  test('an opaque service with a price has a cost that cannot be counted', () => {
    const priced =
      '  x: {kind: http, routes: [{prefix: /x}], prices: {a: {inputUsdPerMillion: 1, outputUsdPerMillion: 1}}}\n'
    expect(read(`${head}${priced}limits: [5usd/month]\n`).warnings.map(formatProblem)).toEqual([
      expect.stringMatching(/5usd\/month denies everyone access to \/x/),
    ])
  })

  test('reading has a limit of its own, with a default', () => {
    const readsOf = (line: string) => read(`${head}${ollama}${line}`).policies.reads.text
    expect([readsOf(''), readsOf('reads: 500/min\n')]).toEqual(['2k/min', '500/min'])
    for (const text of ['9-tokens/day', '2-concurrent', 'many', '1usd/day']) {
      expect(problemsOf(`${head}${ollama}reads: ${text}\n`)).toEqual([
        expect.stringMatching(/reads: must be a limit of requests such as 2000\/min/),
      ])
    }
  })

  test('tokens at an opaque service, even if it is relayed', () => {
    const opaque = (limit: string) =>
      `${head}  x: {kind: http, upstream: {url: "http://h:1"}, routes: [{prefix: /x, mode: relay}], limits: [${limit}]}\n`
    expect(problemsOf(opaque('1k-tokens/day'))).toEqual([
      expect.stringMatching(/can never be enforced on x/),
    ])
    expect(problemsOf(opaque('2-concurrent, 9-stream-seconds, 60/min'))).toEqual([])
  })

  test('a queue without slots, and slots without a possible wait', () => {
    const queue = `${head}  x: {kind: openai, upstream: {url: "http://h:1"}, routes: [{prefix: /x}], queue: {waiting: 1}}\n`
    expect(problemsOf(queue)).toEqual([expect.stringMatching(/x has a queue but no slots/)])
    const slots = `${head}  tts: {kind: http, routes: [{prefix: /tts}], slots: 1}\n`
    expect(problemsOf(slots)).toEqual([expect.stringMatching(/requests cannot wait/)])
  })
})

describe('the guide', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/guides/limits.md'), 'utf8')

  test('shows a gatekeeper.yaml that works', () => {
    const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(guide) ?? []
    expect(problemsOf(yaml)).toEqual([])
    expect(read(yaml).policies.users.get('ada')?.limits[0]?.text).toBe('5usd/month')
  })

  test('shows valid limits, in its table and on its command lines', () => {
    const table = guide.slice(0, guide.indexOf('`k` is a thousand'))
    const rows = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell = '']) =>
      cell.split(', '),
    )
    const words = [...guide.matchAll(/--limit (\S+)/g)].map(([, text = '']) => text)
    const texts = [...rows.map((cell) => cell.replaceAll('`', '')), ...words]
    expect(texts.length).toBeGreaterThan(15)
    expect(texts.filter((text) => parseLimit(text) === null)).toEqual([])
  })

  test('quotes the problem of a limit that cannot be enforced', () => {
    const text = `${head}${ollama}${tts('')}limits: [60/min, 2-concurrent]\n`
    expect(guide).toContain(problemsOf(text)[0])
  })
})
