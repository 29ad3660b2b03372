import { expect, test } from 'vitest'
import {
  aBodySource,
  anEndpoint,
  aPrincipal,
  aReservation,
  someFacts,
} from '../../../test/support/questions.ts'
import { Admission } from '../../model/admission.ts'
import { jsonAnswer } from '../send.ts'
import { adminUserEndpoints } from './admin-users.ts'

const pattern = '/admin/users/{+id}'

async function ask(method: string, status: number, isDurable = true) {
  const renamed: string[][] = []
  const facts = someFacts({
    endpoint: anEndpoint({ method, pattern, handedOver: true }),
    endpointPath: '/admin/users/shop:ada%40example.com',
  })
  const parts = { facts, principal: aPrincipal(), obligations: [], reservation: aReservation() }
  const { [pattern]: answer } = adminUserEndpoints({
    handOver: async () => jsonAnswer(status, {}),
    renameCaller: async (from, to) => {
      renamed.push([from, to])
      return isDurable
    },
  })
  const request = { admission: new Admission(parts), field: () => null, body: aBodySource() }
  return { answer: await answer?.(request), renamed }
}

test('the calls of a removed user get a pseudonym of its app, which says nothing', async () => {
  const { answer, renamed } = await ask('DELETE', 200)
  expect(answer?.status).toBe(200)
  expect(renamed).toEqual([
    ['app:shop:ada@example.com', expect.stringMatching(/^app:shop:removed-[0-9a-f]{16}$/)],
  ])
})

test('nothing is renamed for a reader, nor where the admin process removed nobody', async () => {
  expect((await ask('GET', 200)).renamed).toEqual([])
  expect((await ask('DELETE', 404)).renamed).toEqual([])
})

test('a removal whose calls keep their name is no success: it can be sent again', async () => {
  await expect(ask('DELETE', 200, false)).rejects.toMatchObject({ reason: 'ledger-unavailable' })
})
