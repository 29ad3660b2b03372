import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createTraceContext, readTraceContext } from './trace-context.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const good = `00-${traceId}-00f067aa0ba902b7-01`
const zeros = '0'.repeat(32)

describe('a traceparent', () => {
  it('is kept as it is', () => {
    expect(readTraceContext([good], undefined)).toEqual({
      ...{ traceId, traceparent: good, tracestate: null },
    })
  })

  it('of a later version is forwarded as version 00, without unknown parts', () => {
    const later = `cc-${good.slice(3)}-what-the-future-is-like`
    expect(readTraceContext([later], undefined)?.traceparent).toBe(good)
    expect(readTraceContext([`cc-${good.slice(3)}`], undefined)?.traceparent).toBe(good)
  })

  it.each([
    ['none', undefined],
    ['two', [good, good]],
    ['an empty one', ['']],
    ['capitals', [good.toUpperCase()]],
    ['version ff', [`ff${good.slice(2)}`]],
    ['no trace', [good.replace(traceId, zeros)]],
    ['no parent', [good.replace('00f067aa0ba902b7', '0'.repeat(16))]],
    ['more behind version 00', [`${good}-x`]],
    ['more behind, without a hyphen', [`cc${good.slice(2)}x`]],
    ['a digit too few', [good.replace('4736', '473')]],
    ['no hexadecimal', [good.replace('4bf9', '4bg9')]],
    ['a list', [`${good}, ${good}`]],
    ['a line break', [`${good}\r\nx: y`]],
    ['a line break at its end', [`${good}\n`]],
    ['blanks around', [` ${good}`]],
    ['a long one', [`cc-${good.slice(3)}-${'a'.repeat(200)}`]],
  ])('that is malformed is dropped: %s', (_, values) => {
    expect(readTraceContext(values, undefined)).toBeNull()
  })

  it('is always forwarded in one form, whatever the input', () => {
    const hex = (length: number) =>
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefgF-'), maxLength: length })
    const odd = fc.oneof(
      fc.string(),
      fc.tuple(hex(3), hex(33), hex(17), hex(3)).map((parts) => parts.join('-')),
    )
    fc.assert(
      fc.property(odd, odd, (parent, state) => {
        const read = readTraceContext([parent], [state])
        if (read === null) return
        expect(read.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/)
        expect(read.tracestate ?? '').toMatch(/^[\x20-\x7e]{0,512}$/)
      }),
    )
  })
})

describe('a tracestate', () => {
  it('is forwarded with its traceparent, several fields as one list', () => {
    const read = readTraceContext([good], ['congo=t61rcWkgMzE , ', 'rojo=00f067aa0ba902b7'])
    expect(read?.tracestate).toBe('congo=t61rcWkgMzE,rojo=00f067aa0ba902b7')
  })

  it.each([
    ['no value', 'congo'],
    ['two values', 'congo=a=b'],
    ['capitals in a name', 'Congo=a'],
    ['a control character', 'congo=a\u0001'],
    ['text that is not ASCII', 'congo=ä'],
    ['too long', `congo=${'a'.repeat(600)}`],
    ['too many', Array.from({ length: 33 }, (_, at) => `a${at}=1`).join(',')],
  ])('that is malformed is dropped alone: %s', (_, state) => {
    expect(readTraceContext([good], [state])).toMatchObject({ traceId, tracestate: null })
  })

  it('without a valid traceparent is dropped', () => {
    expect(readTraceContext(['x'], ['congo=a'])).toBeNull()
  })
})

it('a trace that begins here has the valid form, and is unique', () => {
  const [one, other] = [createTraceContext(), createTraceContext()]
  expect(readTraceContext([one.traceparent], undefined)).toEqual(one)
  expect(one.traceId).not.toBe(other.traceId)
})
