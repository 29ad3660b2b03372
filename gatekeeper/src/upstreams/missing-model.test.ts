import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aReservation, someFacts } from '../../test/support/questions.ts'
import { Admission } from '../model/admission.ts'
import type { Endpoint } from '../model/endpoint.ts'
import { RefusedError } from '../model/refused-error.ts'
import { createMissingModelFilter, mayMissModel } from './missing-model.ts'

const admissionTo = (over: Partial<Endpoint> = {}, method = 'POST') =>
  new Admission({
    facts: someFacts({ endpoint: anEndpoint(over), method }),
    ...{ principal: aPrincipal(), obligations: [], reservation: aReservation() },
  })
const json = { 'content-type': 'application/json; charset=utf-8' }

/** What the client gets of an answer; null if the client learns that the model is missing. */
function passed(status: number, body: string, admission = admissionTo()): string | null {
  const filter = createMissingModelFilter(admission, status)
  try {
    const parts = body === '' ? [] : [filter.push(Buffer.from(body))]
    return [...parts, filter.end()].filter((part) => part !== null).join('')
  } catch (error) {
    if (error instanceof RefusedError && error.reason === 'model-not-found') return null
    throw error
  }
}

describe('refusals of model servers for a missing model', () => {
  test.each([
    ['Ollama', 404, { error: "model 'x' not found" }],
    [
      'Ollama, compatible',
      404,
      { error: { message: 'model "x" not found, try pulling it first' } },
    ],
    [
      'OpenAI',
      404,
      { error: { message: 'The model `x` does not exist or you do not have access' } },
    ],
    ['OpenAI, by its code alone', 404, { error: { message: '', code: 'model_not_found' } }],
    [
      'Anthropic',
      404,
      { type: 'error', error: { type: 'not_found_error', message: 'model: x not_found' } },
    ],
    ['vLLM', 404, { message: 'The model `x` does not exist.', type: 'NotFoundError', code: 404 }],
    [
      'Gemini',
      404,
      { error: { message: 'models/x is not found for API version v1beta: model not found' } },
    ],
    [
      'LiteLLM',
      400,
      { error: { message: 'Invalid model name passed in model=x. Call `/v1/models`' } },
    ],
    ['llama-swap', 400, { error: 'could not find real modelID for x: model not found' }],
  ])('%s: %i', (_, status, body) => {
    expect(passed(status, JSON.stringify(body))).toBeNull()
  })

  test('a HEAD has no body that could say more', () => {
    expect(passed(404, '', admissionTo({}, 'HEAD'))).toBeNull()
  })
})

describe('other refusals pass unchanged', () => {
  test.each([
    ['a path that the server does not have', 404, '{"detail":"Not Found"}'],
    [
      'llama.cpp’s',
      404,
      '{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}',
    ],
    ['a bad request', 400, '{"error":"model does not support tools"}'],
    ['another bad request', 400, '{"error":{"message":"max_tokens is too large"}}'],
    ['no JSON', 404, 'model not found'],
    [
      'a text beyond every message',
      404,
      JSON.stringify({ error: `model${'x'.repeat(70_000)} not found` }),
    ],
    [
      'objects in objects',
      404,
      `${'{"error":'.repeat(5_000)}"model not found"${'}'.repeat(5_000)}`,
    ],
  ])('%s', (_, status, body) => {
    expect(passed(status, body)).toBe(body)
  })
})

test('only refusals about a model are read', () => {
  const admission = admissionTo()
  expect(mayMissModel(admission, 404, json)).toBe(true)
  expect(mayMissModel(admission, 400, json)).toBe(true)
  for (const status of [200, 401, 403, 429, 500]) {
    expect(mayMissModel(admission, status, json)).toBe(false)
  }
  expect(mayMissModel(admission, 404, { 'content-type': 'text/plain' })).toBe(false)
  expect(mayMissModel(admission, 404, {})).toBe(false)
  expect(mayMissModel(admissionTo({ model: { in: 'none' } }), 404, json)).toBe(false)
  expect(mayMissModel(admissionTo({ dialect: 'chat' }), 404, json)).toBe(false)
})
