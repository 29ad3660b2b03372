import { expect, test } from 'vitest'
import { readSplitKeyFields } from './split-key-fields.ts'

const [id, part] = [['mine-0001'], ['gkp1_mine-0001_x']]

test('a split key is shown by both fields, once each', () => {
  const both = { 'x-partial-key-id': id, 'x-partial-key': part }
  expect(readSplitKeyFields(both)).toEqual({ id: 'mine-0001', part: 'gkp1_mine-0001_x' })
  expect(readSplitKeyFields({ authorization: ['Bearer x'] })).toBeNull()
})

test.each([
  { 'x-partial-key-id': id },
  { 'x-partial-key': part },
  { 'x-partial-key-id': id, 'x-partial-key': [''] },
  { 'x-partial-key-id': [''], 'x-partial-key': part },
  { 'x-partial-key-id': [...id, ...id], 'x-partial-key': part },
  { 'x-partial-key-id': id, 'x-partial-key': [...part, 'other'] },
])('%j is half a split key', (fields) => {
  expect(readSplitKeyFields(fields)).toBe('halved')
})
