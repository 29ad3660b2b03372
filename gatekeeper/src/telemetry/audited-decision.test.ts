import { describe, expect, it } from 'vitest'
import { aPrincipal, otherKey, sampleKey, someFacts } from '../../test/support/questions.ts'
import { classifyDecided, describeAudited } from './audited-decision.ts'
import { type Decided, describeDecision } from './decision-log.ts'

const usage = { model: 'llama3.2:1b', inputTokens: 1, outputTokens: 2, microUsd: 3 }
const answered: Decided = {
  ...{ facts: someFacts({ userAgent: 'curl/8.1' }), requestId: 'r', principal: null },
  ...{ reason: null, status: 200, durationMs: 1, usage: { ...usage, isEstimated: false } },
  outcome: { status: 201, kind: 'answered', answerBytes: 1 },
}
const describeIt = (decided: Partial<Decided>) => {
  const all = { ...answered, ...decided }
  return describeAudited(all, describeDecision(all), (text) => text === 'my old key')
}
const withModel = (model: string) => ({ usage: { ...usage, model, isEstimated: false } })
const withAgent = (userAgent: string) => ({ facts: someFacts({ userAgent }) })

describe('the audit record of a request', () => {
  it('is the log line, with program, model and the status of the upstream', () => {
    expect(describeIt({})).toMatchObject({
      ...{ event: 'request', ...describeDecision(answered) },
      ...{ userAgent: 'curl/8.1', model: 'llama3.2:1b', upstreamStatus: 201, class: 'use' },
    })
  })

  it('is almost empty for one that was refused before it was read', () => {
    const refused = { facts: null, outcome: null, usage: null, reason: 'edge-refused' } as const
    expect(describeIt(refused)).toEqual({
      ...{ event: 'request', ...describeDecision({ ...answered, ...refused }) },
    })
  })

  it.each([
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0',
    'OpenAI/Python 1.99.1',
    'ollama-python/0.6.0 (x86_64 linux) Python/3.12.3',
  ])('keeps the name of a program: %s', (text) => {
    expect(describeIt(withAgent(text))['userAgent']).toBe(text)
  })

  it.each([
    'hf.co/bartowski/Meta-Llama-3.1-405B-Instruct-Turbo-GGUF:Q4_K_M',
    'meta.llama3-3-70b-instruct-v1:0',
    'openrouter/deepseek/deepseek-r1-distill-qwen-32b:free',
  ])('keeps the name of a model: %s', (model) => {
    expect(describeIt(withModel(model))['model']).toBe(model)
  })

  it.each([
    ['a key', sampleKey, sampleKey.slice(14)],
    ['a token', `eyJhbGciOiJFUzI1NiJ9.${otherKey.slice(20)}.${sampleKey.slice(20)}`, 'ct30vZz4'],
    ['a text of no form', sampleKey.slice(14), sampleKey.slice(14, 40)],
  ])('hides %s in either', (_, text, secret) => {
    for (const around of ['', 'x '.repeat(90)]) {
      expect(JSON.stringify(describeIt(withAgent(`${around}${text}`)))).not.toContain(secret)
      expect(JSON.stringify(describeIt(withModel(`${around}${text}`)))).not.toContain(secret)
    }
  })

  it('hides a plain key in the name of a model', () => {
    expect(describeIt(withModel('my old key'))['model']).toBe('***')
  })
})

it('a user of a public app is a stranger to the audit, whose refusals are bounded by address', () => {
  const user = { appId: 'kiosk', userId: 'label', allowNoOrigin: true, totals: [], issuedAt: 0 }
  const by = (isPublic: boolean) =>
    classifyDecided({
      ...{ ...answered, reason: 'quota-exceeded' },
      principal: aPrincipal({ kind: 'app', app: { ...user, isPublic } }),
    })
  expect(by(true)).toMatchObject({ isKnown: false, addressGroup: answered.facts?.clientAddress })
  expect(by(false)).toMatchObject({ isKnown: true, addressGroup: '' })
})
