import { describe, expect, test } from 'vitest'
import { kindsByName } from '../../test/support/questions.ts'
import { openaiUsage, responsesUsage } from '../kinds/usage-forms.ts'
import { readJsonBody } from './json-body.ts'
import { type OwnIds, usesStore } from './stored-responses.ts'

async function ask(text: unknown, usage = responsesUsage, own?: OwnIds) {
  const bytes = Buffer.from(typeof text === 'string' ? text : JSON.stringify(text))
  const body = await readJsonBody(bytes, { kind: kindsByName.openai, measuresImages: false })
  if (typeof body === 'string' || 'defect' in body) throw new Error('refused')
  return usesStore(body, { usage }, own)
}

describe('a body that continues a stored response', () => {
  test.each([
    { previous_response_id: 'resp_1' },
    { Previous_Response_Id: 'resp_1' },
    { previous_response_id: '' },
    { previous_response_id: ['resp_1'] },
    '{"previous\\u005fresponse_id":"resp_1"}',
    { previous_response_id: 'x'.repeat(100_000) },
    { conversation: 'conv_1' },
    { conversation: { id: 'conv_1' } },
  ])('%j, on every endpoint', async (body) => {
    expect([await ask(body), await ask(body, openaiUsage)]).toEqual([true, true])
  })

  test.each([
    { input: [{ type: 'item_reference', id: 'msg_1' }] },
    '{"input":[{"type":"item\\u005freference","\\u0069d":"msg_1"}]}',
    { input: [{ id: 'msg_1' }] },
    { input: [{ id: 'msg_1', type: null }] },
    { input: [{ type: 'item_reference' }, { id: 1 }] },
    { input: [{ type: 'item_reference', ID: 'msg_1' }] },
    { input: [{ Type: 'item_reference', id: 'msg_1', role: 'user' }] },
    { input: [{ Id: 'msg_1' }] },
    { input: [{ role: 'user', content: 'x' }, 'odd', [], {}, { id: 'msg_1', role: null }] },
    { background: true },
    { background: 'true' },
  ])('%j', async (body) => {
    expect(await ask(body)).toBe(true)
  })

  test.each([
    {},
    { previous_response_id: null, conversation: null, background: false },
    { input: 'previous_response_id' },
    { input: '{"type":"item_reference","id":"msg_1"}' },
    { store: true, input: [{ role: 'user', content: 'x' }] },
    { input: [{ id: 'msg_1', role: 'assistant', content: 'what was said, in full' }] },
    { input: [{ type: 'function_call', id: 'fc_1', call_id: 'a', name: 'f', arguments: '{}' }] },
    { input: [{ role: 'user', content: [{ type: 'input_text', text: 'item_reference' }] }] },
    { tools: [{ type: 'function', name: 'f', parameters: { properties: { conversation: {} } } }] },
    { metadata: { conversation: 'mine' } },
  ])('%j does not', async (body) => {
    expect(await ask(body)).toBe(false)
  })

  test('continues only the caller’s own answer, named once and in one spelling', async () => {
    const ids = { response: (id: string) => id === 'resp_1', item: () => false }
    const own = { previous_response_id: 'resp_1' }
    expect(await ask(own, responsesUsage, ids)).toBe(false)
    for (const other of [
      { previous_response_id: 'resp_2' },
      { previous_response_id: ' resp_1' },
      { previous_response_id: ['resp_1'] },
      { Previous_response_id: 'resp_1' },
      { conversation: 'resp_1' },
      { ...own, conversation: 'conv_1' },
      { ...own, input: [{ id: 'resp_1' }] },
      { ...own, background: true },
    ]) {
      expect([other, await ask(other, responsesUsage, ids)]).toEqual([other, true])
    }
  })

  test('refers only to items that the caller received, all of them', async () => {
    const ids = { response: () => false, item: (id: string) => /^(rs|fc)_own$/.test(id) }
    const call = { type: 'item_reference', id: 'fc_own' }
    const result = { type: 'function_call_output', call_id: 'a', output: 'sunny' }
    for (const own of [[call], [{ id: 'rs_own' }, call, result], [{ ...call, type: null }]]) {
      expect([own, await ask({ input: own }, responsesUsage, ids)]).toEqual([own, false])
    }
    for (const other of [
      [call, { type: 'item_reference', id: 'fc_other' }],
      [{ type: 'item_reference', id: ['fc_own'] }],
      [{ type: 'item_reference', id: ' fc_own' }],
      [{ type: 'item_reference', Id: 'fc_own' }],
      [{ type: 'item_reference', id: 'x'.repeat(100_000) }],
      [{ id: 'fc_other' }],
    ]) {
      expect([other, await ask({ input: other }, responsesUsage, ids)]).toEqual([other, true])
    }
    // An item is not an answer, and an answer is not an item.
    expect(await ask({ previous_response_id: 'fc_own' }, responsesUsage, ids)).toBe(true)
  })

  test('an id among megabytes of images is found at the cost of one scan', async () => {
    const image = {
      type: 'input_image',
      image_url: `data:image/png;base64,${'A'.repeat(8_000_000)}`,
    }
    const input: unknown[] = [{ role: 'user', content: [image] }]
    expect(await ask({ input })).toBe(false)
    expect(await ask({ input: [...input, { id: 'msg_1' }] })).toBe(true)
  })
})
