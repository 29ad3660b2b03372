import { expect, test } from 'vitest'
import { afterEvent, beginTurn, curlText, messagesOf, type Turn, useText } from './playground.ts'

const done = (asked: string, answer: string): Turn => ({
  ...beginTurn(1, asked),
  ...{ answer, state: 'done' },
})

test('an answer grows by its events, and keeps what it cost', () => {
  const usage = {
    ...{ requestId: 'r', reason: null, tokensIn: 12, tokensOut: 1_040, microUsd: '420' },
    ...{ durationMs: 1_200, queueMs: 300, firstByteMs: null, isEstimated: false },
  }
  const events = [{ reasoning: 'hm' }, { delta: 'A' }, { delta: ' gate' }, { usage }]
  const turn = events.reduce<Turn>(afterEvent, beginTurn(1, 'What?'))
  expect(turn).toMatchObject({ answer: 'A gate', reasoning: 'hm', state: 'running', use: usage })
  expect(useText(usage).replaceAll('\u00a0', ' ')).toBe(
    '12 tokens in, 1,040 out · $ 0.0004 · 1.2 s · waited 300 ms',
  )
})

test('a refusal is a failed turn with its text', () => {
  const turn = afterEvent(beginTurn(1, 'What?'), { error: { status: 429, text: 'used up' } })
  expect(turn).toMatchObject({ state: 'failed', fault: 'used up' })
})

test('the model gets the talk so far, without what failed', () => {
  const failed: Turn = { ...beginTurn(2, 'lost'), state: 'failed', fault: 'no' }
  const turns = [done('one', 'first'), failed, done('two', '')]
  expect(messagesOf(' ', turns, 'three')).toEqual([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'first' },
    { role: 'user', content: 'three' },
  ])
  expect(messagesOf('be brief', [], 'x')[0]).toEqual({ role: 'system', content: 'be brief' })
})

test('the line for a shell has no key, and quotes what was typed', () => {
  const text = curlText({
    ...{ baseUrl: 'https://localhost:8443', path: '/v1/chat/completions', model: 'demo' },
    messages: [{ role: 'user', content: "it's $(id)" }],
  })
  expect(text).toContain('Bearer $GATEKEEPER_KEY')
  expect(text).toContain(`it'\\''s $(id)`)
})
