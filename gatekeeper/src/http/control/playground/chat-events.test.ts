import { describe, expect, it } from 'vitest'
import { modelNames, readChatEvents, refusalText } from './chat-events.ts'

async function read(...chunks: string[]) {
  async function* send() {
    yield* chunks
  }
  const events: object[] = []
  for await (const event of readChatEvents(send())) events.push(event)
  return events
}

const line = (delta: object) => `data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`

describe('the stream of a chat', () => {
  it('is read, however it is cut into chunks', async () => {
    const text = `${line({ content: 'Grüße' })}${line({ reasoning: 'hm' })}data: [DONE]\n\n`
    const expected = [{ delta: 'Grüße' }, { reasoning: 'hm' }]
    expect(await read(text)).toEqual(expected)
    expect(await read(...text)).toEqual(expected)
    expect(await read(text.trimEnd().replace('\n\ndata: [DONE]', ''))).toEqual(expected)
  })

  it('tells a fault in the middle', async () => {
    expect(await read('data: {"error":{"message":"out of memory"}}\n')).toEqual([
      { fault: 'out of memory' },
    ])
  })

  it.each([
    ['nothing'],
    ['data: {'],
    ['data: null\n'],
    ['data: {"choices":null}\n'],
    ['data: {"choices":[]}\n'],
    ['data: {"choices":[null]}\n'],
    ['data: {"choices":[{"delta":{"content":7}}]}\n'],
    ['data: {"error":"text"}\n'],
    ['data: {"__proto__":{"choices":[{"delta":{"content":"x"}}]}}\n'],
    [`: comment\nevent: x\n`],
  ])('leaves out what is no event: %s', async (text) => {
    expect(await read(text)).toEqual([])
  })

  it('has all characters of a text, also those that end lines elsewhere', async () => {
    expect(await read(line({ content: 'a\u2028b\u2029c\u0085d' }))).toEqual([
      { delta: 'a\u2028b\u2029c\u0085d' },
    ])
  })

  it('does not keep a line without an end', async () => {
    const long = 'x'.repeat(900_000)
    expect(await read('data: ', long, long, '\n', line({ content: 'a' }))).toEqual([{ delta: 'a' }])
  })
})

it('reads names of models and texts of refusals, of whatever arrives', () => {
  expect(modelNames('{"data":[{"id":"a"},{"id":1},null,"b"]}')).toEqual(['a'])
  expect(modelNames('<html>')).toEqual([])
  expect(refusalText('{"error":{"message":"no"}}')).toBe('no')
  expect(refusalText('{"error":"no"}')).toBeNull()
  const long = { error: { message: 'x'.repeat(3_000_000) } }
  expect(refusalText(JSON.stringify(long))).toHaveLength(1_000)
})

it('lists no names that a chat cannot ask for, and not more than a page can show', () => {
  const list = (ids: readonly string[]) => JSON.stringify({ data: ids.map((id) => ({ id })) })
  const odd = ['', 'a b', 'a*', 'a\n', 'a\u202eb', 'x'.repeat(201)]
  expect(modelNames(list([...odd, 'demo:latest']))).toEqual(['demo:latest'])
  expect(modelNames(list(Array(290_000).fill('a')))).toHaveLength(1_000)
})
