import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Place } from '../model/usage-form.ts'
import { JsonWatch, toPlaceTree } from './json-watch.ts'

type Found = (readonly [place: string, text: string, isString: boolean])[]

function watch(places: readonly Place[], ...chunks: (string | Uint8Array)[]) {
  const found: Found = []
  let ended = 0
  const watching = new JsonWatch(toPlaceTree(places), {
    found: (place, text, isString) =>
      void found.push([(places[place] ?? []).join('.'), text, isString]),
    ended: () => void ended++,
  })
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk as Uint8Array)
    watching.read(bytes, 0, bytes.length)
  }
  return { found, ended }
}

const usage = ['usage', 'tokens']

describe('values that are found', () => {
  test.each<[string, string, Found]>([
    ['a member of a member', '{"usage":{"tokens":12}}', [['usage.tokens', '12', false]]],
    ['with blanks', ' { "usage" :\n{ "tokens" : 12 } } ', [['usage.tokens', '12', false]]],
    [
      'after large others',
      '{"data":[[1,2],{"a":[{}]}],"usage":{"x":{},"tokens":3}}',
      [['usage.tokens', '3', false]],
    ],
    ['a string, marked', '{"usage":{"tokens":"12"}}', [['usage.tokens', '12', true]]],
    [
      'null and negative numbers, as they are',
      '{"usage":{"tokens":null,"tokens":-1e9}}',
      [
        ['usage.tokens', 'null', false],
        ['usage.tokens', '-1e9', false],
      ],
    ],
    [
      'each of several values',
      '{"usage":{"tokens":1}}{"usage":{"tokens":2}}',
      [
        ['usage.tokens', '1', false],
        ['usage.tokens', '2', false],
      ],
    ],
    [
      'elements of an array at the top',
      '[{"usage":{"tokens":1}},{"usage":{"tokens":2}}]',
      [
        ['usage.tokens', '1', false],
        ['usage.tokens', '2', false],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(watch([usage], text).found).toEqual(expected)
  })

  test('text that only looks like a member is ignored', () => {
    const texts = [
      '{"tokens":12}',
      '{"usage":12}',
      '{"x":{"usage":{"tokens":12}}}',
      '{"text":"{\\"usage\\":{\\"tokens\\":12}}"}',
      '{"text":"\\\\","usage":"tokens"}',
      '{"usage":{"tokens":{"tokens":12}}}',
      '{"usage":{"deep":{"tokens":12}}}',
      '[[{"usage":{"tokens":12}}]]',
      '{"usage":{"tokens":[[12]]}}',
    ]
    for (const text of texts) expect(watch([usage], text).found).toEqual([])
  })

  test('an escape that ends in a quote does not end a string', () => {
    expect(watch([usage], '{"a\\\\":"\\"}","usage":{"tokens":1}}').found).toHaveLength(1)
  })

  test('values are counted as they end', () => {
    expect(watch([usage], '{}{"a":{}}\n[{},{}] 7 {').ended).toBe(3)
  })

  test('text is cut, so that a long one uses no memory', () => {
    const { found } = watch([['model']], `{"model":"${'x'.repeat(10_000)}"}`)
    expect(found[0]?.[1]).toHaveLength(1_000)
  })
})

test('the result does not depend on how the bytes are split', () => {
  const value = fc.jsonValue({ maxDepth: 4 }).map((json) => JSON.stringify(json))
  const bodies = fc
    .array(
      fc.oneof(
        value,
        fc.integer().map((tokens) => `{"a":"é","usage":{"tokens":${tokens}}}`),
      ),
    )
    .map((texts) => texts.join('\n'))
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(400)), (text, cuts) => {
      const whole = watch([usage], text)
      const bytes = Buffer.from(text)
      const marks = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
        (left, right) => left - right,
      )
      const chunks = marks.slice(1).map((mark, at) => bytes.subarray(marks[at], mark))
      expect(watch([usage], ...chunks)).toEqual(whole)
    }),
  )
})

test('the values are those that JSON.parse finds, in any position', () => {
  const other = fc.dictionary(fc.string(), fc.jsonValue())
  fc.assert(
    fc.property(other, other, fc.nat(), (outer, inner, tokens) => {
      const json = { ...outer, usage: { ...inner, tokens } }
      const expected = [['usage.tokens', String(tokens), false]]
      expect(watch([usage], JSON.stringify(json)).found).toEqual(expected)
      expect(watch([usage], JSON.stringify(json, null, 2)).found).toEqual(expected)
    }),
  )
})

test('no bytes make it throw or keep its input', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
      watch([usage, []], ...chunks)
    }),
  )
  const { found } = watch([usage], '['.repeat(100_000), '{"usage":'.repeat(100_000))
  expect(found).toEqual([])
})
