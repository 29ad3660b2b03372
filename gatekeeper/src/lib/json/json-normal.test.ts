import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type JsonBody, membersOf } from './json-edit.ts'
import { jsonNamesMax } from './json-name-log.ts'
import { foldName } from './json-names.ts'
import { JsonNormalizer, jsonNestingMax } from './json-normal.ts'

const rules = { foldedWithin: new Set(['options', 'messages', 'content']), foldsTop: true }

/** The normal text, or why it is refused. `stepBytes` must make no difference. */
function normalize(text: string | Buffer, stepBytes = 1_000_000): string {
  const normalizer = new JsonNormalizer(Buffer.from(text), rules)
  let progress = normalizer.step(stepBytes)
  while (progress === 'more') progress = normalizer.step(stepBytes)
  return progress === 'done' ? normalizer.result.bytes.toString() : progress
}

describe('a text gets its canonical form', () => {
  test.each([
    ['{}', '{}'],
    [' { } \r\n\t', '{}'],
    ['{ "a" : [ 1 , 2 ] , "b" : { } }', '{"a":[1,2],"b":{}}'],
    ['{"mod\\u0065l":"a"}', '{"model":"a"}'],
    ['{"\\u004dODEL":"a"}', '{"model":"a"}'],
    ['{"\u017ftream":true}', '{"stream":true}'],
    ['{"\u212aeep_alive":1}', '{"keep_alive":1}'],
    ['{"Stra\u00dfe":1}', '{"Stra\u00dfe":1}'],
    ['{"a\\/b":1}', '{"a/b":1}'],
    ['{"a":"\\u0041\\/"}', '{"a":"\\u0041\\/"}'],
    ['{"x":{"Model":"a"}}', '{"x":{"Model":"a"}}'],
    ['{"":1}', '{"":1}'],
    ['{"__proto__":{"a":1}}', '{"__proto__":{"a":1}}'],
  ])('%s is %s', (text, expected) => {
    expect(normalize(text)).toBe(expected)
  })

  test.each([
    ...['9007199254740993', '18446744073709551616', '1e400', '-0', '0.10', '1E5', '1.0', '-1.5e-7'],
    ...['123456789012345678901234567890.123456789'],
  ])('the number %s stays as written', (number) => {
    expect(normalize(`{ "a" : ${number} }`)).toBe(`{"a":${number}}`)
  })
})

describe('a text that only some readers accept as JSON is refused', () => {
  test.each([
    ...['', ' ', '[]', '1', '"a"', 'null', '{', '}', '{]', '[}', '{"a"}', '{"a":}', '{"a":1,}'],
    ...['{,}', '{"a":1 "b":2}', '{"a":1}{}', '{"a":1}]', '{a:1}', "{'a':1}", '{"a":1}//', '/**/{}'],
    ...['{"a":[1,]}', '{"a":[,1]}', '{"a":[1 2]}', '{"a":01}', '{"a":+1}', '{"a":.5}', '{"a":1.}'],
    ...['{"a":1e}', '{"a":-}', '{"a":0x1}', '{"a":NaN}', '{"a":Infinity}', '{"a":nul}'],
    ...['{"a":True}', '{"a":truex}', '{"a":"\n"}', '{"a":"\\x"}', '{"a":"\\u12"}', '{"a":"'],
    ...[
      '{"a":"\\"',
      '{"a":1',
      '{"\\ud800":1}',
      '\ufeff{}',
      '{}\0',
      '{"a":1}\u00a0',
      '{"a":\u00a01}',
    ],
    ...['{"a":"\u0000"}', '{"a":undefined}', '{"a":1_0}', '{"a":"b\\', '{"a":--1}', '{"a":1e+}'],
  ])('%j', (text) => {
    expect(normalize(text)).toBe('malformed')
  })

  test('bytes that are not UTF-8', () => {
    expect(normalize(Buffer.from('7b2261223a22ff227d', 'hex'))).toBe('malformed')
    expect(normalize(Buffer.from('7b22c0a2223a317d', 'hex'))).toBe('malformed')
    expect(normalize(Buffer.from('7b2261223a22eda080227d', 'hex'))).toBe('malformed')
  })

  test('nesting beyond its limit, in any form', () => {
    const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
    expect(normalize(nested(jsonNestingMax))).toBe(nested(jsonNestingMax))
    expect(normalize(nested(jsonNestingMax + 1))).toBe('malformed')
    expect(normalize('{"a":'.repeat(100_000))).toBe('malformed')
  })

  test('too many names in one object', () => {
    const named = (count: number) =>
      `{${Array.from({ length: count }, (_, at) => `"a${at}":1`).join(',')}}`
    expect(normalize(named(jsonNamesMax))).toBe(named(jsonNamesMax))
    expect(normalize(named(jsonNamesMax + 1))).toBe('malformed')
  })
})

describe('a name that some reader sees twice is refused', () => {
  test.each([
    ...['{"a":1,"a":1}', '{"a":1,"A":1}', '{"a":1,"\\u0061":1}', '{"s":1,"\u017f":1}'],
    ...['{"k":1,"\u212a":1}', '{"x":{"a":1,"a":2}}', '{"x":[[{"a":1,"\\u0061":2}]]}'],
    ...['{"options":{"a":1,"A":1}}', '{"Options":{"a":1,"A":1}}', '{"messages":[{"a":1,"A":1}]}'],
    ...['{"messages":[{"content":[[{"a":1,"A":1}]]}]}', '{"ss":1,"\u00df":1}'],
  ])('%s', (text) => {
    expect(normalize(text)).toBe('ambiguous')
  })

  test.each([
    ...['{"x":{"a":1,"A":1}}', '{"a":1,"x":{"a":1}}', '{"options":{"x":{"a":1,"A":1}}}'],
    ...['{"messages":[{"a":1},{"A":1}]}', '{"x":{"options":{"a":1,"A":1}}}'],
  ])('%s occurs once', (text) => {
    expect(normalize(text)).toBe(text)
  })

  test('also among many names', () => {
    const many = Array.from({ length: 100 }, (_, at) => `"a${at}":1`).join(',')
    expect(normalize(`{${many},"a50":2}`)).toBe('ambiguous')
    expect(normalize(`{${many},"A50":2}`)).toBe('ambiguous')
  })
})

test('texts are reported with the name of their member, also in lists', () => {
  const told: string[] = []
  const text = '{"a":"one","images":["two",["three"]],"b":{"data":"four"},"c":""}'
  const normalizer = new JsonNormalizer(Buffer.from(text), {
    ...rules,
    textBytesMin: 1,
    onText: ({ bytes, nameStart, nameEnd, start, end }) =>
      told.push(
        `${bytes.toString('utf8', nameStart, nameEnd)}=${bytes.toString('utf8', start, end)}`,
      ),
  })
  expect(normalizer.step(1_000)).toBe('done')
  expect(told).toEqual(['a=one', 'images=two', 'images=three', 'data=four'])
})

/** As Go's decoder reads the member of a struct: any letter case, the last one wins. */
function readAsGo(text: string, wanted: string): unknown {
  const whole: JsonBody = { bytes: Buffer.from(text), members: [] }
  const found = membersOf(whole.bytes, 0).findLast(({ name }) => foldName(name) === wanted)
  return found && JSON.parse(whole.bytes.toString('utf8', found.start, found.end))
}

/** Values without names that fold to the same, with any blanks and escapes. */
const spelled = fc
  .dictionary(
    fc.oneof(fc.constantFrom('model', 'MODEL', 'Model', 'stream', '\u017ftream'), fc.string()),
    fc.jsonValue(),
    { maxKeys: 6 },
  )
  .chain((value) =>
    fc.record({
      value: fc.constant(value),
      text: fc.constantFrom(
        JSON.stringify(value),
        JSON.stringify(value, null, 2),
        JSON.stringify(value, null, '\t').replaceAll(/[m-s]/g, (letter) => letter),
      ),
    }),
  )

test('an accepted text has one value for JSON.parse and a reader that folds names, and is stable', () => {
  fc.assert(
    fc.property(spelled, fc.integer({ min: 1, max: 50 }), ({ value, text }, stepBytes) => {
      const normal = normalize(text, stepBytes)
      if (normal === 'malformed' || normal === 'ambiguous') return
      const read = JSON.parse(normal) as Record<string, unknown>
      expect(read['model']).toEqual(readAsGo(normal, 'model'))
      expect(read['stream']).toEqual(readAsGo(normal, 'stream'))
      expect(Object.values(read)).toEqual(
        Object.values(JSON.parse(JSON.stringify(value)) as object),
      )
      expect(normalize(normal)).toBe(normal)
    }),
    { numRuns: 2_000 },
  )
})

const hostile = fc
  .array(
    fc.constantFrom(
      ...['{', '}', '[', ']', ',', ':', '"model"', '"MODEL"', '"a"', '1', '\\', '"', ' ', 'true'],
      ...['-', '.5', 'e3', '\u212a', '\\u0061', '\n', 'null', '\0', '{"a":', '"}'],
    ),
    { maxLength: 14 },
  )
  .map((parts) => parts.join(''))

test('only texts that JSON.parse accepts pass, and all of them with unique names', () => {
  fc.assert(
    fc.property(fc.oneof(hostile, fc.json()), fc.integer({ min: 1, max: 9 }), (text, stepBytes) => {
      const normal = normalize(text, stepBytes)
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        // A name that came twice is seen before an end that is missing.
        expect(['malformed', 'ambiguous']).toContain(normal)
        return
      }
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
      if (!isObject) expect(normal).toBe('malformed')
      else if (normal === 'malformed') expect(text).toMatch(/\\u|[\ud800-\udfff]/)
      else if (normal !== 'ambiguous') {
        const read = JSON.parse(normal) as object
        expect(Object.values(read)).toEqual(Object.values(value as object))
      }
    }),
    { numRuns: 5_000 },
  )
})
