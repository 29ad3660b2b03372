import { afterEach, describe, expect, it } from 'vitest'
import type { Decided } from './decision-log.ts'
import { createMetrics, type Metrics } from './metrics.ts'

const opened: Metrics[] = []
afterEach(() => {
  for (const metrics of opened.splice(0)) metrics.close()
})

function open(): Metrics {
  const metrics = createMetrics({
    services: ['ollama'],
    queues: () => ({ ollama: { waiting: 3, running: 1 } }),
    problems: () => ({ keys: ['broken'], journal: [] }),
    keys: () => 7,
    keysLoadedAt: () => 1_700_000_000_000,
    running: () => 2,
    processFaults: () => 4,
  })
  opened.push(metrics)
  return metrics
}

const decided = (changes: object = {}): Decided =>
  ({
    facts: {
      ...{ point: 'relay', clientAddress: '192.0.2.1' },
      ...{ service: { name: 'ollama' }, endpoint: { class: 'use' } },
    },
    ...{ requestId: 'r', principal: null, reason: null, status: 200, durationMs: 20 },
    outcome: { status: 200, kind: 'answered', answerBytes: 100, waitedMs: 500, firstByteMs: 9 },
    usage: { model: 'm', inputTokens: 10, outputTokens: 5, microUsd: 40, isEstimated: false },
    ...changes,
  }) as unknown as Decided

const series = async (metrics: Metrics) => {
  const { text } = await metrics.render()
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
}

describe('metrics', () => {
  it('count decisions, time, tokens and money, and show the state of the gatekeeper', async () => {
    const metrics = open()
    metrics.observe(decided())
    metrics.observe(decided({ reason: 'unknown-key', outcome: null, usage: null }))
    metrics.countFault()
    const lines = await series(metrics)
    expect(lines).toEqual(
      expect.arrayContaining([
        expect.stringMatching(
          /^gatekeeper_decisions_total\{.*outcome="allow".*reason="none".*\} 1$/,
        ),
        expect.stringMatching(
          /^gatekeeper_decisions_total\{.*outcome="deny".*reason="unknown-key".*\} 1$/,
        ),
        expect.stringMatching(/^gatekeeper_tokens_total\{.*direction="output".*\} 5$/),
        'gatekeeper_cost_micro_usd_total{service="ollama"} 40',
        'gatekeeper_queue_waiting{service="ollama"} 3',
        'gatekeeper_queue_wait_seconds_count{service="ollama"} 1',
        'gatekeeper_first_byte_seconds_count{service="ollama"} 1',
        'gatekeeper_keys 7',
        'gatekeeper_degraded{part="keys"} 1',
        'gatekeeper_degraded{part="journal"} 0',
        'gatekeeper_running_requests 2',
        'gatekeeper_faults_total{ended="request"} 1',
        'gatekeeper_faults_total{ended="process"} 4',
      ]),
    )
    expect(
      lines.some((line) => line.startsWith('gatekeeper_event_loop_lag_seconds{percentile="99"}')),
    ).toBe(true)
  })

  it('never let a client create a series or a label value', async () => {
    const metrics = open()
    metrics.observe(decided())
    metrics.observe(decided({ reason: 'unknown-key', outcome: null }))
    const before = (await series(metrics)).length
    for (let at = 0; at < 1000; at++) {
      const own = `gk_secret${at}`
      metrics.observe(
        decided({
          ...{ requestId: own, usage: { ...decided().usage, model: own } },
          facts: { ...decided().facts, path: own, method: own, clientAddress: own, host: own },
          principal: { id: own, user: own },
        }),
      )
    }
    const after = await series(metrics)
    expect(after).toHaveLength(before)
    expect(after.join('\n')).not.toContain('gk_secret')
  })

  it('use no label for a service or reason that the configuration does not know', async () => {
    const metrics = open()
    metrics.observe(
      decided({ facts: { service: { name: 'x"} 1\nevil' }, endpoint: null, clientAddress: '' } }),
    )
    metrics.observe(decided({ facts: null, reason: 'constructor' }))
    const text = (await series(metrics)).join('\n')
    expect(text).not.toContain('evil')
    expect(text).not.toContain('constructor')
  })
})
