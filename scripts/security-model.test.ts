import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const page = readFileSync(join(root, 'docs/SECURITY-MODEL.md'), 'utf8')
/** The last cell of each row of the two tables: the tests that show a promise. */
const cells = page
  .split('\n')
  .filter((line) => /^\| .+ \|$/.test(line))
  .map((line) => line.slice(0, -2).split(' | ').at(-1) ?? '')

/** Returns the files of a test as the page names it, such as `attack/identity`; none: no such test. */
function filesOf(name: string): string[] {
  const below = ['gatekeeper/test', 'gatekeeper/src', '.']
  return below.flatMap((folder) => globSync(`${folder}/${name}.test.ts`, { cwd: root }))
}

test('every test that docs/SECURITY-MODEL.md names exists', () => {
  const names = cells.flatMap((cell) =>
    [...cell.matchAll(/`((?:[a-z0-9-]+\/)*[a-z0-9*{},-]+)`/g)].map(([, name = '']) => name),
  )
  expect(names.length).toBeGreaterThan(100)
  expect(names.filter((name) => filesOf(name).length === 0)).toEqual([])
})

test('and has the quoted words in its text', () => {
  const quotes = cells.flatMap((cell) =>
    [...cell.matchAll(/`([a-z0-9/-]+)`(?: \(unit\))?((?:,? "[^"]+")+)/g)].flatMap(
      ([, name = '', list = '']) =>
        [...list.matchAll(/"([^"]+)"/g)].map(([, words = '']) => ({ name, words })),
    ),
  )
  expect(quotes.length).toBeGreaterThan(25)
  const missing = quotes.filter(({ name, words }) => {
    const text = filesOf(name).map((file) => readFileSync(join(root, file), 'utf8'))
    return !text.join('\n').includes(words.replace(/ ?…$/, ''))
  })
  expect(missing).toEqual([])
})
