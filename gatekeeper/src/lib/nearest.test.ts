import { expect, test } from 'vitest'
import { nearestWord } from './nearest.ts'

test.each([
  ['olama', ['ollama', 'tts'], 'ollama'],
  ['services', ['service', 'user'], 'service'],
  ['usre', ['user', 'url'], 'user'],
  ['desc', ['description', 'disable'], 'description'],
  ['colour', ['user', 'service'], null],
  ['x', ['y'], 'y'],
  ['a'.repeat(100_000), ['user'], null],
])('%s among %j is %s', (word, known, nearest) => {
  expect(nearestWord(word.slice(0, 100_000), known)).toBe(nearest)
})
