/**
 * The requests that test the parser of Node, read in place: sent unchanged, and rewritten
 * to be the attacker's own request at each point, with the promises of `smuggling.test.ts`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { type Battlefield, mallory, openBattlefield, points } from './support/field.ts'
import { streamed } from './support/framing/mutation.ts'
import { expectNothingSmuggledBy, expectTotals } from './support/invariants.ts'

const file = resolve(import.meta.dirname, '../../../../shared/vectors/llhttp-requests.json')

type Vector = { readonly file: string; readonly section: string; readonly raw: string }

const isThere = existsSync(file)
const vectors = isThere ? (JSON.parse(readFileSync(file, 'utf8')) as Vector[]) : []
if (!isThere) console.warn(`SKIPPED: the requests of llhttp are not at ${file}`)

it.skipIf(!isThere)('reads all requests of the file', () => expect(vectors.length).toBe(153))

const isRunnable = isThere && testCaddy !== null

describe.skipIf(!isRunnable).each(points)("llhttp's requests at the $point", (at) => {
  let field: Battlefield
  beforeAll(async () => {
    field = await openBattlefield()
  })
  afterAll(() => field?.stop())

  const named = vectors.map(({ file, section, raw }, number) => {
    return { name: `${number} ${file}, ${section}`, raw, number }
  })

  it.concurrent.each(named)('smuggle nothing: $name', async ({ raw, number }) => {
    const mark = `attack=${number}.`
    await expectNothingSmuggledBy(field, at, { mark: 'attack=none.', bytes: raw })
    const bytes = aim(raw, `${at.prefix}${streamed}?${mark}`)
    await expectNothingSmuggledBy(field, at, { mark, bytes })
  })

  it('and the upstream received no more in total than was admitted', () =>
    expectTotals(field, at.point))
})

/** Makes the first line a POST to the target, whatever its method was worth, and adds the key. */
function aim(raw: string, target: string): string {
  const own = `Host: localhost\r\nAuthorization: Bearer ${mallory.key}\r\n`
  const fields = raw.replace(/^[\r\n]*[^\n]*\n/, '').replace(/^host:[^\n]*\n/gim, '')
  return `POST ${target} HTTP/1.1\r\n${own}${fields}`
}
