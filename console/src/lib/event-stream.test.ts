import { expect, test } from 'vitest'
import { createEventReader } from './event-stream.ts'

const text =
  ': hello\n\nid: 7\nevent: refusal\ndata: {"a":1}\n\ndata: x\r\ndata: y\r\n\r\nevent: none\n\n'
const expected = [
  { kind: 'refusal', id: '7', data: '{"a":1}' },
  { kind: 'message', id: null, data: 'x\ny' },
]

test('a stream gives the same events however it is cut', () => {
  expect(createEventReader()(text)).toEqual(expected)
  for (let size = 1; size < 9; size += 1) {
    const read = createEventReader()
    const pieces = text.match(new RegExp(`[\\s\\S]{1,${size}}`, 'g')) ?? []
    expect(pieces.flatMap((piece) => read(piece))).toEqual(expected)
  }
})

test('an event without its end is not given', () => {
  expect(createEventReader()('data: half')).toEqual([])
})
