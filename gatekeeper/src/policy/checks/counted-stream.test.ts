import { expect, test } from 'vitest'
import { anEndpoint, aQuestion, aService } from '../../../test/support/questions.ts'
import { ollamaUsage } from '../../kinds/ollama/ollama.ts'
import { anthropicUsage, openaiUsage } from '../../kinds/usage-forms.ts'
import type { Endpoint } from '../../model/endpoint.ts'
import { type BodyFacts, noBody } from '../../model/facts.ts'
import { countedStream } from './counted-stream.ts'

const chat = anEndpoint({ usage: openaiUsage, output: ['max_tokens'] })
const stream: BodyFacts = { ...noBody, isStream: true }

test.each<[string, Endpoint, BodyFacts | null, boolean]>([
  ['a stream of OpenAI’s form', chat, stream, true],
  ['one whose client asks itself', chat, { ...stream, isUsageAsked: true }, false],
  ['a whole answer', chat, noBody, false],
  ['a body that nobody reads', chat, null, false],
  ['pictures, as events', { ...chat, output: [] }, stream, false],
  ['Ollama’s lines, which always tell', { ...chat, usage: ollamaUsage }, stream, false],
  ['Anthropic’s events, which always tell', { ...chat, usage: anthropicUsage }, stream, false],
])(
  '%s: usage is requested when the upstream does not report it by itself',
  (_, endpoint, body, isAsked) => {
    const question = aQuestion({ facts: { endpoint }, body })
    expect(countedStream.examine(question)).toBeNull()
    expect(countedStream.oblige?.(question) ?? null).toEqual(isAsked ? { kind: 'ask-usage' } : null)
  },
)

test('a service whose upstream refuses the option does not get it', () => {
  const ask = (streamUsage: 'ask' | 'leave') =>
    countedStream.oblige?.(
      aQuestion({ facts: { endpoint: chat, service: aService({ streamUsage }) }, body: stream }),
    )
  expect([ask('ask'), ask('leave')]).toEqual([{ kind: 'ask-usage' }, null])
})
