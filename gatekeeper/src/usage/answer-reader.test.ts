import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ollamaUsage } from '../kinds/ollama/ollama.ts'
import {
  anthropicUsage,
  geminiUsage,
  openaiUsage,
  openrouterUsage,
  perplexityUsage,
  responsesUsage,
  xaiUsage,
} from '../kinds/usage-forms.ts'
import type { Outcome } from '../model/admission.ts'
import type { Usage } from '../model/usage.ts'
import { type Asked, createAnswerReader } from './answer-reader.ts'

const answered: Outcome = { status: 200, kind: 'answered', answerBytes: 0 }
const aborted: Outcome = { status: 200, kind: 'aborted', answerBytes: 0 }
const failed: Outcome = { status: 200, kind: 'failed', answerBytes: 0 }

const forms = {
  ollama: ollamaUsage,
  openai: openaiUsage,
  responses: responsesUsage,
  anthropic: anthropicUsage,
  gemini: geminiUsage,
  openrouter: openrouterUsage,
  perplexity: perplexityUsage,
  xai: xaiUsage,
  none: null,
}
type Form = keyof typeof forms

const asking = (form: Form, over: Partial<Asked> = {}): Asked => ({
  endpoint: { usage: forms[form], output: ['max_tokens'] },
  models: ['m'],
  promptBytes: 401,
  priceOf: () => null,
  ...over,
})

type Answer = { type?: string; status?: number; fields?: Record<string, string> }

function readAnswer(asked: Asked, chunks: readonly (string | Uint8Array)[], answer: Answer = {}) {
  const reader = createAnswerReader(asked)
  const { status = 200, type = 'application/json', fields } = answer
  reader.begin(status, { 'content-type': type, ...fields })
  for (const chunk of chunks) reader.read(Buffer.from(chunk as string))
  return { ...reader, used: (outcome: Outcome) => reader.used(outcome) as Usage }
}

const sse = { type: 'text/event-stream; charset=utf-8' }
const ndjson = { type: 'application/x-ndjson' }
const event = (json: unknown, name?: string) =>
  `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(json)}\n\n`
const line = (json: unknown) => `${JSON.stringify(json)}\n`

const anthropicStream = [
  event(
    {
      type: 'message_start',
      message: {
        model: 'c',
        usage: {
          input_tokens: 9,
          cache_read_input_tokens: 100,
          cache_creation_input_tokens: 20,
          output_tokens: 1,
        },
      },
    },
    'message_start',
  ),
  event({
    type: 'content_block_delta',
    delta: { type: 'text_delta', text: 'a "usage": {"output_tokens": 999}' },
  }),
  event({ type: 'message_delta', delta: {}, usage: { output_tokens: 7 } }),
  event({ type: 'message_delta', delta: {}, usage: { output_tokens: 15, input_tokens: 9 } }),
  event({ type: 'message_stop' }),
]

type Case = [string, Form, Answer, string[], number, number]
const cases: Case[] = [
  [
    'Ollama',
    'ollama',
    {},
    [line({ model: 'm', done: true, prompt_eval_count: 26, eval_count: 298 })],
    26,
    298,
  ],
  [
    'Ollama, streamed',
    'ollama',
    ndjson,
    [
      line({ response: 'a', done: false }),
      line({ done: true, prompt_eval_count: 26, eval_count: 2 }),
    ],
    26,
    2,
  ],
  [
    'OpenAI',
    'openai',
    {},
    [
      line({
        choices: [],
        usage: {
          prompt_tokens: 19,
          completion_tokens: 10,
          total_tokens: 29,
          completion_tokens_details: { reasoning_tokens: 3 },
        },
      }),
    ],
    19,
    10,
  ],
  [
    'OpenAI, streamed',
    'openai',
    sse,
    [
      event({ choices: [{}], usage: null }),
      event({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 1 } }),
      'data: [DONE]\n\n',
    ],
    5,
    1,
  ],
  [
    'OpenAI, counted all the way',
    'openai',
    sse,
    [
      event({ usage: { prompt_tokens: 5, completion_tokens: 1 } }),
      event({ usage: { prompt_tokens: 5, completion_tokens: 2 } }),
    ],
    5,
    2,
  ],
  ['images', 'openai', {}, [line({ usage: { input_tokens: 50, output_tokens: 1056 } })], 50, 1056],
  [
    'reranking',
    'openai',
    {},
    [line({ results: [], meta: { tokens: { input_tokens: 4, output_tokens: 0 } } })],
    4,
    0,
  ],
  [
    'Responses',
    'responses',
    {},
    [line({ usage: { input_tokens: 36, output_tokens: 87 } })],
    36,
    87,
  ],
  [
    'Responses, streamed',
    'responses',
    sse,
    [
      event({ type: 'response.created', response: { usage: null } }),
      event(
        { type: 'response.completed', response: { usage: { input_tokens: 3, output_tokens: 4 } } },
        'response.completed',
      ),
    ],
    3,
    4,
  ],
  [
    'Responses, incomplete',
    'responses',
    sse,
    [
      event({
        type: 'response.incomplete',
        response: { usage: { input_tokens: 3, output_tokens: 4 } },
      }),
    ],
    3,
    4,
  ],
  [
    'Anthropic',
    'anthropic',
    {},
    [line({ usage: { input_tokens: 10, output_tokens: 20, cache_read_input_tokens: 5 } })],
    15,
    20,
  ],
  ['Anthropic, streamed', 'anthropic', sse, anthropicStream, 129, 15],
  [
    'Gemini',
    'gemini',
    {},
    [
      line({
        usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 6, thoughtsTokenCount: 10 },
      }),
    ],
    4,
    16,
  ],
  [
    'Gemini, streamed',
    'gemini',
    sse,
    [
      event({ usageMetadata: { promptTokenCount: 4 } }),
      event({ usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 6 } }),
    ],
    4,
    6,
  ],
  [
    'Gemini, as an array',
    'gemini',
    {},
    [
      `[${line({ usageMetadata: { promptTokenCount: 4 } })},${line({ usageMetadata: { candidatesTokenCount: 6 } })}]`,
    ],
    4,
    6,
  ],
]

describe("the provider's own figures count", () => {
  test.each(cases)('%s', (_, usage, answer, chunks, input, output) => {
    expect(readAnswer(asking(usage), chunks, answer).used(answered)).toEqual({
      ...{ model: 'm', inputTokens: input, outputTokens: output, microUsd: 0, isEstimated: false },
    })
  })

  test.each(cases)('%s: with any split of the bytes', (_, usage, answer, chunks) => {
    const bytes = Buffer.from(chunks.join(''))
    const whole = readAnswer(asking(usage), chunks, answer)
    const byByte = readAnswer(
      asking(usage),
      [...bytes].map((byte) => Uint8Array.of(byte)),
      answer,
    )
    expect(byByte.used(answered)).toEqual(whole.used(answered))
    expect(byByte.isEnding()).toBe(whole.isEnding())
  })

  test('embeddings and reranking have no output', () => {
    const asked = asking('openai', { endpoint: { usage: openaiUsage, output: [] } })
    const used = readAnswer(asked, [line({ usage: { prompt_tokens: 8, total_tokens: 8 } })]).used(
      answered,
    )
    expect(used).toMatchObject({ inputTokens: 8, outputTokens: 0, isEstimated: false })
  })
})

describe('the end of an answer is detected', () => {
  test.each<[string, Form, Answer, string, string]>([
    ['Ollama', 'ollama', ndjson, line({ done: false }), line({ done: true })],
    ['OpenAI', 'openai', sse, event({ choices: [] }), 'data: [DONE]\n\n'],
    [
      'Responses',
      'responses',
      sse,
      event({ type: 'response.created' }),
      event({ type: 'response.failed' }),
    ],
    [
      'Anthropic',
      'anthropic',
      sse,
      event({ type: 'message_delta' }),
      event({ type: 'message_stop' }),
    ],
  ])('%s', (_, usage, answer, before, last) => {
    const asked = asking(usage)
    expect(readAnswer(asked, [before], answer).isEnding()).toBe(false)
    expect(readAnswer(asked, [before, last], answer).isEnding()).toBe(true)
  })

  test('and an abort after it causes no estimate', () => {
    const chunks = [line({ done: true, prompt_eval_count: 1, eval_count: 2 })]
    expect(readAnswer(asking('ollama'), chunks, ndjson).used(aborted).isEstimated).toBe(false)
  })
})

describe('usage that is not reported is estimated, and marked as such', () => {
  test('a stream: a quarter of the bytes in, its parts out', () => {
    const parts = Array.from({ length: 12 }, () => event({ choices: [{ delta: {} }] }))
    expect(readAnswer(asking('openai'), parts, sse).used(answered)).toMatchObject({
      ...{ inputTokens: 101, outputTokens: 12, isEstimated: true },
    })
  })

  test('zeros on both sides do not count: every text has a prompt', () => {
    const part = event({ candidates: [{ content: { parts: [{ text: 'a' }] } }] })
    const zeros = event({ usageMetadata: { promptTokenCount: 0, candidatesTokenCount: 0 } })
    const parts = [...Array.from({ length: 9 }, () => part), zeros]
    for (const end of [answered, aborted]) {
      const used = readAnswer(asking('gemini'), parts, sse).used(end)
      expect(used).toMatchObject({ inputTokens: 101, outputTokens: 10, isEstimated: true })
    }
    const cached = [event({ usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 0 } })]
    expect(readAnswer(asking('gemini'), cached, sse).used(answered)).toMatchObject({
      ...{ inputTokens: 7, outputTokens: 0, isEstimated: false },
    })
  })

  test('a whole answer: a quarter of its bytes', () => {
    const used = readAnswer(asking('openai'), ['x'.repeat(41)]).used(answered)
    expect(used).toMatchObject({ inputTokens: 101, outputTokens: 11, isEstimated: true })
  })

  test('an answer in a coding or of another type: by its bytes', () => {
    const text = line({ usage: { prompt_tokens: 1, completion_tokens: 1 } })
    for (const answer of [{ fields: { 'content-encoding': 'gzip' } }, { type: 'text/html' }]) {
      const used = readAnswer(asking('openai'), [text], answer).used(answered)
      expect(used).toMatchObject({ outputTokens: Math.ceil(text.length / 4), isEstimated: true })
    }
  })

  test.each([aborted, failed])(
    'a stream that broke off is charged for what arrived: $kind',
    (end) => {
      const parts = anthropicStream.slice(0, 2)
      const used = readAnswer(asking('anthropic'), parts, sse).used(end)
      expect(used).toMatchObject({ inputTokens: 129, outputTokens: 2, isEstimated: true })
    },
  )

  test('a client that disconnected before the head is charged for its prompt', () => {
    const used = createAnswerReader(asking('openai')).used({ ...aborted, status: 499 })
    expect(used).toMatchObject({ inputTokens: 101, outputTokens: 0, isEstimated: true })
  })

  test('an error of the upstream costs nothing', () => {
    const none = { inputTokens: 0, outputTokens: 0, microUsd: 0, isEstimated: false }
    const text = line({ usage: { prompt_tokens: 1, completion_tokens: 1 } })
    expect(readAnswer(asking('openai'), [text], { status: 500 }).used(answered)).toMatchObject(none)
    expect(createAnswerReader(asking('openai')).used({ ...failed, status: 0 })).toMatchObject(none)
    expect(createAnswerReader(asking('openai')).used({ ...failed, status: 401 })).toMatchObject(
      none,
    )
  })
})

describe('a hostile upstream', () => {
  test.each([
    '-1',
    '1e9',
    '99999999999999999999',
    '1.5',
    '"12"',
    'null',
    'NaN',
    'true',
    '[]',
    '{}',
    '999999999',
  ])('that counts %s is not believed', (count) => {
    const text = `{"usage":{"prompt_tokens":${count},"completion_tokens":${count}}}`
    const used = readAnswer(asking('openai'), [text]).used(answered)
    expect(used).toMatchObject({ inputTokens: 101, isEstimated: true })
    expect(used.outputTokens).toBe(Math.ceil(text.length / 4))
  })

  test('that counts twice: the larger figure, whatever the order', () => {
    const usage = (count: number) =>
      `"usage":{"prompt_tokens":${count},"completion_tokens":${count}}`
    for (const counts of [
      [5, 9],
      [9, 5],
    ] as const) {
      const used = readAnswer(asking('openai'), [`{${counts.map(usage).join(',')}}`]).used(answered)
      expect(used).toMatchObject({ inputTokens: 9, outputTokens: 9, isEstimated: false })
    }
  })

  test('that sends one line without end uses little memory', () => {
    const reading = createAnswerReader(asking('openai'))
    reading.begin(200, { 'content-type': 'text/event-stream' })
    reading.read(Buffer.from('data: {"model":"'))
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const before = process.memoryUsage().heapUsed
    for (let turn = 0; turn < 64; turn++) reading.read(chunk)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(16 * 1024 * 1024)
    expect(reading.used(answered)).toMatchObject({ isEstimated: true })
  })

  test('gives integers and no exception, whatever it sends', () => {
    const bytes = fc.array(
      fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.constantFrom(...cases.flatMap((each) => each[3])),
      ),
    )
    const usages = fc.constantFrom(...cases.map((each) => each[1]))
    const types = fc.constantFrom('application/json', sse.type, ndjson.type, 'x', '')
    fc.assert(
      fc.property(
        usages,
        types,
        bytes,
        fc.constantFrom(answered, aborted, failed),
        (usage, type, chunks, end) => {
          const used = readAnswer(asking(usage), chunks, { type }).used(end)
          for (const count of [used.inputTokens, used.outputTokens, used.microUsd]) {
            expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
          }
        },
      ),
    )
  })
})

describe('money', () => {
  const price = { inputMicroUsdPerMillion: 1_000_000, outputMicroUsdPerMillion: 2_000_000 }
  const text = line({ model: 'real', usage: { prompt_tokens: 10, completion_tokens: 20 } })

  test('is the price of the requested model', () => {
    const priceOf = (model: string) => (model === 'm' ? price : null)
    expect(readAnswer(asking('openai', { priceOf }), [text]).used(answered).microUsd).toBe(50)
  })

  test('or of the one that answered, when the requested name is an alias without a price', () => {
    const priceOf = (model: string) => (model === 'real' ? price : null)
    const used = readAnswer(asking('openai', { priceOf }), [text]).used(answered)
    expect(used).toMatchObject({ model: 'm', microUsd: 50 })
  })

  test('a model without a price costs nothing', () => {
    expect(readAnswer(asking('openai'), [text]).used(answered).microUsd).toBe(0)
  })
})

describe('the id of a stored answer', () => {
  const idsOf = (chunks: readonly string[], answer: Answer = {}, usage: Form = 'responses') => {
    const ids: string[] = []
    const asked = asking(usage, { onStored: (id) => ids.push(id) })
    readAnswer(asked, chunks, answer).used(answered)
    return ids
  }
  const itemsOf = (chunks: readonly string[], answer: Answer = {}) => {
    const ids: string[] = []
    readAnswer(asking('responses', { onItem: (id) => ids.push(id) }), chunks, answer)
    return ids
  }
  const long = `resp_${'x'.repeat(400)}`

  test.each([
    ['whole', [JSON.stringify({ id: 'resp_1', output: [{ id: 'msg_1' }] })], {}, ['resp_1']],
    ['as LiteLLM says it', [JSON.stringify({ id: long })], {}, [long]],
    [
      'streamed',
      [
        event({ type: 'response.created', response: { id: 'resp_1', model: 'm' } }),
        event({ type: 'response.output_item.added', item: { id: 'msg_1' } }),
        event({ type: 'response.completed', response: { id: 'resp_1' } }),
      ],
      sse,
      ['resp_1'],
    ],
    ['an error', [JSON.stringify({ id: 'resp_1' })], { status: 400 }, []],
    ['too long to be told from others', [JSON.stringify({ id: 'x'.repeat(5_000) })], {}, []],
    ['in odd letters', [JSON.stringify({ id: 'resp_"1' })], {}, []],
    ['no text', [JSON.stringify({ id: 1 })], {}, []],
    ['nowhere', [JSON.stringify({ output: [{ id: 'msg_1' }], metadata: { id: 'a' } })], {}, []],
  ] as const)('%s', (_, chunks, answer, expected) => {
    expect(idsOf(chunks, answer)).toEqual(expected)
  })

  test.each([
    [
      'whole',
      [JSON.stringify({ id: 'resp_1', output: [{ id: 'rs_1' }, { id: 'fc_1', content: [] }] })],
      {},
      ['rs_1', 'fc_1'],
    ],
    [
      'streamed, each as it goes by',
      [
        event({ type: 'response.created', response: { id: 'resp_1', output: [] } }),
        event({ type: 'response.output_item.added', item: { id: 'rs_1', type: 'reasoning' } }),
        event({ type: 'response.output_item.done', item: { id: 'fc_1' } }),
        event({ type: 'response.completed', response: { output: [{ id: 'msg_1' }] } }),
      ],
      sse,
      ['rs_1', 'fc_1', 'msg_1'],
    ],
    ['an error', [JSON.stringify({ output: [{ id: 'rs_1' }] })], { status: 400 }, []],
    ['too long', [JSON.stringify({ output: [{ id: 'x'.repeat(5_000) }, { id: 'a' }] })], {}, ['a']],
    ['odd', [JSON.stringify({ output: [{ id: 'rs_"1' }, { id: 2 }, { id: '' }, 'rs_3'] })], {}, []],
    [
      'elsewhere: what a caller can have echoed is nothing that it was given',
      [
        JSON.stringify({
          ...{ input: [{ id: 'a' }], metadata: { id: 'b', item: { id: 'c' } } },
          output: [{ content: [{ id: 'd' }], arguments: '{"item":{"id":"e"}}', item: { id: 'f' } }],
        }),
      ],
      {},
      [],
    ],
  ] as const)('of items, %s', (_, chunks, answer, expected) => {
    expect(itemsOf(chunks, answer)).toEqual(expected)
  })

  test('is known for the first of 100,000 items, and the rest belong to nobody', () => {
    const output = Array.from({ length: 100_000 }, (_, n) => ({ id: `fc_${n}` }))
    const ids = itemsOf([JSON.stringify({ output })])
    expect([ids.length, ids[0], ids.at(-1)]).toEqual([512, 'fc_0', 'fc_511'])
  })

  test('is read from the Responses API only: other ids name nothing that is stored', () => {
    expect(idsOf([JSON.stringify({ id: 'chatcmpl-1' })], {}, 'openai')).toEqual([])
  })
})

describe('the cost of an answer', () => {
  const rates = {
    ...{ inputMicroUsdPerMillion: 1_000_000, outputMicroUsdPerMillion: 10_000_000 },
    ...{ cacheReadMicroUsdPerMillion: 100_000, cacheWriteMicroUsdPerMillion: 1_250_000 },
    reasoningMicroUsdPerMillion: 3_000_000,
  }
  const costed = (form: Form, json: unknown, over: Partial<Asked> = {}) => {
    const asked = asking(form, { priceOf: () => rates, isOfProvider: true, ...over })
    return readAnswer(asked, [JSON.stringify(json)]).used(answered).microUsd
  }
  const within = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }

  test.each<[string, Form, unknown, number]>([
    [
      'OpenAI: cached input within it',
      'openai',
      { usage: { ...within, prompt_tokens_details: { cached_tokens: 90 } } },
      119,
    ],
    [
      'OpenAI: reasoning within the output',
      'openai',
      { usage: { ...within, completion_tokens_details: { reasoning_tokens: 9 } } },
      200,
    ],
    [
      'Responses: cached input within it',
      'responses',
      {
        usage: {
          input_tokens: 100,
          output_tokens: 10,
          input_tokens_details: { cached_tokens: 90 },
        },
      },
      119,
    ],
    [
      'LiteLLM: what was written into a cache',
      'openai',
      { usage: { ...within, cache_creation_input_tokens: 100 } },
      225,
    ],
    [
      'Anthropic: read and written beside the input',
      'anthropic',
      {
        usage: {
          input_tokens: 10,
          cache_read_input_tokens: 90,
          cache_creation_input_tokens: 100,
          output_tokens: 10,
        },
      },
      244,
    ],
    [
      'Anthropic: written for an hour',
      'anthropic',
      {
        usage: {
          input_tokens: 0,
          cache_creation_input_tokens: 100,
          cache_creation: { ephemeral_1h_input_tokens: 100 },
          output_tokens: 10,
        },
      },
      300,
    ],
    [
      'Gemini: cached input, and thoughts beside the output',
      'gemini',
      {
        usageMetadata: {
          promptTokenCount: 100,
          cachedContentTokenCount: 90,
          candidatesTokenCount: 5,
          thoughtsTokenCount: 5,
        },
      },
      84,
    ],
    [
      'xAI: reasoning beside the output',
      'xai',
      { usage: { ...within, completion_tokens_details: { reasoning_tokens: 100 } } },
      500,
    ],
    [
      'Perplexity: reasoning beside the output',
      'perplexity',
      { usage: { ...within, reasoning_tokens: 100 } },
      500,
    ],
  ])('%s', (_, form, json, expected) => {
    expect(costed(form, json)).toBe(expected)
  })

  test('is the provider’s own word only at those whose word is taken', () => {
    const json = { usage: { ...within, cost: 0.00009 } }
    expect(costed('openai', json)).toBe(200)
    expect(costed('openrouter', json)).toBe(90)
    expect(costed('openrouter', { usage: within })).toBe(200)
    expect(costed('openrouter', { usage: { ...within, cost: 1.4e-4 } })).toBe(140)
    expect(costed('openrouter', json, { priceOf: () => null })).toBe(90)
  })

  test('under a limit of money is the larger of that word and the table', () => {
    const under = { isMoneyLimited: true }
    expect(costed('openrouter', { usage: { ...within, cost: 0.00009 } }, under)).toBe(200)
    expect(costed('openrouter', { usage: { ...within, cost: 0.5 } }, under)).toBe(500_000)
    for (const cost of ['0', -1, 1e9, null, {}]) {
      expect(costed('openrouter', { usage: { ...within, cost } }, under)).toBe(200)
    }
  })
})

describe('a stream of a provider that is cut half-way', () => {
  const rates = { inputMicroUsdPerMillion: 1_000_000, outputMicroUsdPerMillion: 10_000_000 }
  const asked = (form: Form) => asking(form, { priceOf: () => rates, isOfProvider: true })

  test('counts its prompt and what came, if it began with figures', () => {
    const used = readAnswer(asked('anthropic'), anthropicStream.slice(0, 2), sse).used(aborted)
    expect(used).toMatchObject({ inputTokens: 129, outputTokens: 2, isEstimated: true })
    expect(used.microUsd).toBe(149)
    const more = readAnswer(asked('anthropic'), anthropicStream.slice(0, 4), sse).used(aborted)
    expect(more).toMatchObject({ inputTokens: 129, outputTokens: 15 })
  })

  test('counts what came as the least that was used, if no figure came', () => {
    const chunk = event({ model: 'm', choices: [{ delta: { content: 'Hi' } }] })
    const used = readAnswer(asked('openai'), Array(5000).fill(chunk), sse).used(aborted)
    expect(used).toMatchObject({ outputTokens: 5000, isEstimated: true, isAtLeast: true })
    expect(used?.microUsd).toBeGreaterThanOrEqual(50_000)
  })
})
