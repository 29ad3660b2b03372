/**
 * No request gets behind the gate inside another one. Every mutation goes through the real Caddy to
 * both points; Caddy decides what its bytes mean, and the promises are the same for all.
 */
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { type Battlefield, mallory, openBattlefield, points } from './support/field.ts'
import { chunkMutations } from './support/framing/chunk-mutations.ts'
import { codingMutations, versionMutations } from './support/framing/coding-mutations.ts'
import { gluedMutations, lengthMutations } from './support/framing/length-mutations.ts'
import { lineMutations, pipelineMutations } from './support/framing/line-mutations.ts'
import { theft } from './support/framing/mutation.ts'
import {
  expectNothingSmuggled,
  expectNothingSmuggledBy,
  expectTotals,
} from './support/invariants.ts'
import { converse } from './support/wire.ts'

const mutations = [
  ...[...codingMutations, ...versionMutations, ...lengthMutations, ...gluedMutations],
  ...[...chunkMutations, ...pipelineMutations, ...lineMutations],
]

it('there are at least 200 mutations, each with a unique name', () => {
  expect(mutations.length).toBeGreaterThanOrEqual(200)
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length)
})

describe.skipIf(testCaddy === null).each(points)('a glued request at the $point', (at) => {
  let field: Battlefield
  beforeAll(async () => {
    field = await openBattlefield()
  })
  afterAll(() => field?.stop())
  const numbered = mutations.map((mutation, number) => ({ ...mutation, number }))

  it.concurrent.each(numbered)('changes nothing: $name', async ({ bytes, number }) => {
    const mark = `attack=${number}.`
    const aim = { prefix: at.prefix, mark, key: mallory.key }
    await expectNothingSmuggledBy(field, at, { mark, bytes: bytes(aim) })
  })

  it('and the upstream received no more in total than was admitted', () =>
    expectTotals(field, at.point))

  it('would be detected: the same attack straight at the upstream breaks the promise', async () => {
    const { port } = new URL(field.stack.upstream.url)
    const socket = connect(Number(port), '127.0.0.1')
    const stolen = theft({ prefix: '', mark: '', key: '' })
    expect((await converse(socket, stolen)).text).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
    const nothing = { mark: 'attack=none.', answers: [] }
    await expect(expectNothingSmuggled(field, at, nothing)).rejects.toMatchObject({
      actual: expect.arrayContaining([expect.stringContaining('DELETE /api/delete')]),
    })
  })
})
