import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { countMembers, topLevelNames } from '../lib/json/json-scan.ts'
import { KeySlices } from './key-slices.ts'

/** What the slices read from a text; null if they do not accept all of it. */
function slice(text: string) {
  const slices = new KeySlices(text)
  const keys = Object.fromEntries(slices.entries())
  return slices.isWhole ? { keys, members: slices.members } : null
}

const entry = { user: 'a "quoted\\" } : {', secrets: [{ sha256: 'ab' }], more: { a: [{}, []] } }
const file = { version: 1, keys: { abcde01234: entry, 'plain-ada': { user: '' } } }

describe('a file in the form of our writer', () => {
  test.each([
    ['as the writer indents it', JSON.stringify(file, null, 2)],
    ['with a line break at its end', `${JSON.stringify(file, null, 2)}\n`],
    ['without blanks', JSON.stringify(file)],
    ['with other blanks', JSON.stringify(file, null, '\t').replaceAll('\n', ' \r\n')],
    ['without keys', '{"version":1,"keys":{}}'],
  ])('is read to its end, %s', (_, text) => {
    const { keys } = JSON.parse(text) as typeof file
    expect(slice(text)).toEqual({ keys, members: countMembers(text) })
  })
})

describe('a file that slices cannot read is left to the full parser', () => {
  const whole = JSON.stringify(file)
  test.each([
    ['another version', whole.replace('1', '2')],
    ['a version that only begins like it', whole.replace('1', '1.0')],
    ['members in another order', '{"keys":{},"version":1}'],
    ['a further member', whole.replace(/}$/, ',"more":1}')],
    ['a repeated member of the file', whole.replace(/}$/, ',"keys":{}}')],
    ['a key twice', '{"version":1,"keys":{"a":{},"a":{}}}'],
    ['a key that is not an object', '{"version":1,"keys":{"a":[]}}'],
    ['an escape in an id', '{"version":1,"keys":{"\\u0061":{}}}'],
    ['a comma too many', '{"version":1,"keys":{"a":{},}}'],
    ['a comma too few', '{"version":1,"keys":{"a":{} "b":{}}}'],
    ['a text after its end', `${whole}{}`],
    ['a text before it', `x${whole}`],
    ['a byte-order mark', `\ufeff${whole}`],
    ['a blank that JSON has not', whole.replace(':', ':\u00a0')],
    ['an end too early', whole.slice(0, -1)],
    ['a text that does not end', '{"version":1,"keys":{"a":{"b":"'],
    ['a broken key', whole.replace('"ab"', 'ab')],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(slice(text)).toBeNull()
  })

  test.each([
    ['indented', '{"version":1,"keys":{\n"a": {\n      "b": 1,\n      "b": 2\n    }}}'],
    [
      'with blanks before its colon',
      '{"version":1,"keys":{\n"a": {\n      "b" : 1, "b": 2\n    }}}',
    ],
    ['in a name of signs', '{"version":1,"keys":{\n"a": {\n      ",": 1, ",": 2\n    }}}'],
    ['by an escape', '{"version":1,"keys":{\n"a": {\n      "b": 1, "\\u0062": 2\n    }}}'],
  ])('a repeated member of a key, %s, is counted each time', (_, text) => {
    expect(slice(text)?.members).toBe(5)
  })

  test.each([
    '":b"',
    '"a: b"',
    '"2026-01-01T00:00:00Z"',
    '"\\":"',
    '"}"',
    '["\\n    }", {"c": ":"}]',
  ])('a colon or a bracket inside a value is not syntax: %s', (value) => {
    const text = `{"version":1,"keys":{\n"a": {\n      "b": ${value}\n    }}}`
    expect(slice(text)).toEqual({ keys: JSON.parse(text).keys, members: countMembers(text) })
  })

  test('a repeated member of a key is counted each time', () => {
    expect(slice('{"version":1,"keys":{"a":{"b":1,"b":2}}}')?.members).toBe(5)
  })
})

test('JSON.parse accepts every file that the slices accept, and reads the same', () => {
  const piece = fc.constantFrom(
    ...['{', '}', '[', ']', ',', ':', ' ', '"', '\\', '"a"', '"b"', '"b":{}', '1', 'null', '\n'],
  )
  const indented = fc.dictionary(fc.constantFrom('a', 'b', '"', ','), fc.object())
  const keys = fc.oneof(
    // Indented like the writer's files, with arbitrary pieces inside.
    fc.tuple(indented, fc.array(piece, { maxLength: 4 })).map(([members, pieces]) => {
      const text = JSON.stringify({ version: 1, keys: { a: members } }, null, 2)
      const inner = text.slice(text.indexOf('"a"'), text.lastIndexOf('\n  }'))
      const at = (pieces.length * 7) % inner.length
      return inner.slice(0, at) + pieces.join('') + inner.slice(at)
    }),
    fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    fc.dictionary(fc.constantFrom('a', 'b', '"', '\\'), fc.object()).map((keys) => {
      const text = JSON.stringify(keys)
      return text.slice(1, -1)
    }),
  )
  const text = keys.map((members) => `{"version":1,"keys":{${members}}}`)
  let taken = 0
  fc.assert(
    fc.property(text, (tried) => {
      const sliced = slice(tried)
      if (sliced === null) return
      taken++
      expect(JSON.parse(tried)).toEqual({ version: 1, keys: sliced.keys })
      expect(topLevelNames(tried)).toEqual(['version', 'keys'])
      expect(sliced.members).toBe(countMembers(tried))
    }),
    { numRuns: 2_000 },
  )
  expect(taken).toBeGreaterThan(20)
})
