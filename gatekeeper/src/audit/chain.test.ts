import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readChain } from '../../test/support/read-chain.ts'
import { appendLine, emptyHead } from './chain.ts'

function linesOf(count: number): string[] {
  let head = emptyHead
  return Array.from({ length: count }, (_, at) => {
    const appended = appendLine(head, at, { event: 'x', at: 'forged', sequence: 99, previous: '' })
    head = appended.head
    return appended.line
  })
}
const toText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('')

describe('a chain', () => {
  it('is valid when nothing was changed, and an event cannot forge its place', () => {
    const { records, faults, head } = readChain(toText(linesOf(5)))
    expect([faults, head.sequence]).toEqual([[], 5])
    expect(records.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5])
    expect(records[0]?.at).toBe('1970-01-01T00:00:00.000Z')
  })

  it('is valid for any event: every line is JSON and holds what was recorded', () => {
    const forged = new Set(['sequence', 'at', 'previous', '__proto__'])
    const events = fc.dictionary(
      fc.string().filter((name) => !forged.has(name)),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(fc.array(events), (all) => {
        let head = emptyHead
        const lines = all.map((fields, at) => {
          const appended = appendLine(head, at, fields)
          head = appended.head
          return appended.line
        })
        const { records, faults } = readChain(toText(lines))
        expect(faults).toEqual([])
        const own = records.map(({ sequence: _s, at: _a, previous: _p, ...rest }) => rest)
        expect(own).toEqual(JSON.parse(JSON.stringify(all)))
      }),
    )
  })

  it('breaks when any line is changed, removed, repeated or moved, and the place is named', () => {
    const lines = linesOf(6)
    const without = (at: number) => lines.filter((_, index) => index !== at)
    fc.assert(
      fc.property(fc.nat(4), (at) => {
        const next = at + 1
        const changed = lines.map((line, index) =>
          index === at ? line.replace('"x"', '"y"') : line,
        )
        expect(readChain(toText(changed)).faults).toEqual([{ line: next + 1, what: 'broken-link' }])
        expect(readChain(toText(without(at))).faults).toEqual([{ line: next, what: 'broken-link' }])
        const repeated = lines.flatMap((line, index) => (index === at ? [line, line] : [line]))
        expect(readChain(toText(repeated)).faults[0]?.line).toBe(next + 1)
        const moved = without(at)
        moved.splice(at + 1, 0, lines[at] as string)
        expect(readChain(toText(moved)).faults[0]?.line).toBe(next)
      }),
    )
  })

  it('breaks when a byte changes even if the text reads the same', () => {
    const [first = '', second = ''] = linesOf(2)
    expect(readChain(toText([`${first} `, second])).faults).toEqual([
      { line: 2, what: 'broken-link' },
    ])
  })

  it('with an invalid line or an incomplete end is reported, and reading continues', () => {
    const lines = linesOf(3)
    const odd = [lines[0], 'x', '{}', lines[1], lines[2]] as string[]
    expect(readChain(`${toText(odd)}{"seq`).faults).toEqual([
      { line: 2, what: 'not-json' },
      { line: 3, what: 'not-a-record' },
      { line: 6, what: 'torn' },
    ])
  })
})
