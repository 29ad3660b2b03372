import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { expect, it, onTestFinished } from 'vitest'
import { writeBundle } from './bundle.ts'

type Counts = Map<string, number>

/** How modules find each other, which is what a bundle changes; directives are another matter. */
const linkage = /^(?:Import|Export)|^(?:Identifier|MemberExpression|ExpressionStatement|Program)$/

/** A compiler may see no effect in a call that is there for what it throws: `decodeURIComponent`. */
it('the bundle does all that its modules do: no call, no test, no throw is left out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gk-bundle-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const wanted: Counts = new Map()
  let ours = 0
  const transform = (code: string, id: string) => {
    if (id.endsWith('.json')) return
    if (id.includes('/gatekeeper/src/')) ours++
    countDeeds(parse(code, id), wanted)
  }
  await writeBundle(resolve(import.meta.dirname, '../..'), folder, [{ name: 'count', transform }])
  const found: Counts = new Map()
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
    countDeeds(parse(readFileSync(join(folder, name), 'utf8'), name), found)
  }
  expect(ours).toBeGreaterThan(200)
  expect(wanted.get('TryStatement')).toBeGreaterThan(200)
  const fewer = [...wanted].filter(([deed, count]) => (found.get(deed) ?? 0) < count)
  expect(fewer).toEqual([])
}, 60_000)

function parse(code: string, id: string): unknown {
  if (id.endsWith('.ts')) return parseAst(code, { lang: 'ts' })
  try {
    return parseAst(code)
  } catch {
    return parseAst(code, { sourceType: 'commonjs' })
  }
}

/** Counts the nodes of a tree by what they do; types and what links modules do nothing. */
function countDeeds(node: unknown, counts: Counts): void {
  if (Array.isArray(node)) for (const each of node) countDeeds(each, counts)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return
  const { type, ...members } = node as { type?: unknown; expression?: unknown }
  if (typeof type === 'string') {
    // `value as Type` and its like are their value.
    if (type.startsWith('TS')) return countDeeds(members.expression, counts)
    const deed = type === 'ClassDeclaration' ? 'ClassExpression' : type
    if (!linkage.test(deed)) counts.set(deed, (counts.get(deed) ?? 0) + 1)
  }
  for (const member of Object.values(members)) countDeeds(member, counts)
}
