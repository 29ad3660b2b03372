import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { reasons } from '../src/model/reason.ts'
import { createMetrics } from '../src/telemetry/metrics.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(root, 'docs', name), 'utf8')
const dashboard = JSON.parse(read('metrics/dashboard.json')) as {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[]
}
const alerts = parse(read('metrics/alerts.yaml')) as {
  readonly groups: readonly { readonly rules: readonly { readonly expr: string }[] }[]
}
const guide = read('guides/metrics.md')

/** Prometheus' own examiner: Debian's package `prometheus` has it. */
const promtool = process.env['GATEKEEPER_TEST_PROMTOOL'] || 'promtool'
const hasPromtool = spawnSync(promtool, ['--version']).status === 0
if (!hasPromtool) {
  process.stderr.write('SKIPPED: rules and scrape configuration, since there is no promtool\n')
}

const metrics = createMetrics({
  ...{ services: ['ollama'], queues: () => ({}), problems: () => ({}) },
  ...{ keys: () => 1, keysLoadedAt: () => 0, running: () => 0, processFaults: () => 0 },
  budget: () => [],
})
let exposition = ''
/** The series that can be queried, by name: a histogram has three. */
const names = new Map<string, string>()
beforeAll(async () => {
  exposition = (await metrics.render()).text
  for (const [, name = '', type = ''] of exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    const endings = type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']
    for (const ending of endings) names.set(name + ending, name)
  }
})
afterAll(() => metrics.close())

const namesIn = (text: string) => [...new Set(text.match(/\bgatekeeper_\w+/g) ?? [])]
const panelExpressions = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
const alertExpressions = alerts.groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))

describe('metrics in the dashboard, the alerts and the guide', () => {
  it('exist', () => {
    expect(panelExpressions.length).toBeGreaterThan(15)
    expect(alertExpressions.length).toBeGreaterThan(5)
    const asked = [...panelExpressions, ...alertExpressions].flatMap(namesIn)
    expect(asked.filter((name) => !names.has(name))).toEqual([])
    const described = namesIn(guide)
    expect([...new Set(names.values())].filter((name) => !described.includes(name))).toEqual([])
    expect(described.filter((name) => ![...names.values()].includes(name))).toEqual([])
  })

  it('use existing reasons', () => {
    const asked = [...panelExpressions, ...alertExpressions]
      .flatMap((text) => [...text.matchAll(/reason=~?"([^"]+)"/g)])
      .flatMap(([, list = '']) => list.split('|'))
    expect(asked.length).toBeGreaterThan(5)
    expect(asked.filter((reason) => reason !== 'none' && !Object.hasOwn(reasons, reason))).toEqual(
      [],
    )
  })

  it('every metric is in the dashboard', () => {
    const drawn = namesIn(panelExpressions.join(' ')).map((name) => names.get(name))
    expect([...new Set(names.values())].filter((name) => !drawn.includes(name))).toEqual([])
  })
})

describe.skipIf(!hasPromtool)('promtool', () => {
  const run = (words: readonly string[], input = '') => {
    const { status, stdout, stderr } = spawnSync(promtool, words, {
      ...{ encoding: 'utf8', input, cwd: join(root, 'docs/metrics') },
    })
    return { status, said: stdout + stderr }
  }

  it('finds nothing wrong with the rules, and they fire when they should', () => {
    expect(run(['check', 'rules', 'alerts.yaml'])).toMatchObject({ status: 0 })
    expect(run(['test', 'rules', 'alerts.test.yaml'])).toMatchObject({ status: 0 })
  })

  it('finds nothing wrong with the exported metrics', () => {
    expect(run(['check', 'metrics'], exposition)).toEqual({ status: 0, said: '' })
  })

  it('finds nothing wrong with the scrape configurations of the guide', () => {
    const blocks = [...guide.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => text)
    expect(blocks).toHaveLength(2)
    const folder = mkdtempSync(join(tmpdir(), 'gk-prometheus-'))
    try {
      writeFileSync(join(folder, 'token'), 'x')
      writeFileSync(join(folder, 'alerts.yaml'), read('metrics/alerts.yaml'))
      for (const text of blocks) {
        const file = join(folder, 'prometheus.yml')
        writeFileSync(file, text.replace('/etc/prometheus/metrics-token', join(folder, 'token')))
        expect(run(['check', 'config', file])).toMatchObject({ status: 0 })
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
