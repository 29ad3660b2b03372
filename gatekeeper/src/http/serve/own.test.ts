import { expect, test } from 'vitest'
import {
  aBodySource,
  anEndpoint,
  aPrincipal,
  aReservation,
  someFacts,
} from '../../../test/support/questions.ts'
import type { Admitted } from '../../admission/admit.ts'
import { Admission } from '../../model/admission.ts'
import { RefusedError } from '../../model/refused-error.ts'
import type { Call } from '../call.ts'
import { serveOwn } from './own.ts'

const facts = someFacts({ endpoint: anEndpoint({ pattern: '/auth/token', dialect: 'bridge' }) })
const admitted: Admitted = {
  admission: new Admission({
    ...{ facts, principal: aPrincipal(), obligations: [], reservation: aReservation() },
  }),
  ...{ body: null, bytes: null, bytesWithout: null, form: null },
}
const call = { request: { headersDistinct: {} }, response: {} } as unknown as Call
const serve = (error: Error) =>
  serveOwn(
    call,
    admitted,
    { body: aBodySource(), fields: {} },
    {
      own: { '/auth/token': () => Promise.reject(error) },
      handOver: () => Promise.reject(new Error('not handed over')),
    },
  )

test('an own endpoint refuses with a reason and its detail, which are recorded as such', async () => {
  const detail = { text: 'appId is missing.', param: 'appId', members: { required: ['appId'] } }
  const served = await serve(new RefusedError('body-malformed', detail))
  expect(served).toMatchObject({ reason: 'body-malformed', detail, check: 'own' })
  expect(served.last).toBeUndefined()
})

test('another exception of an own endpoint is a fault, and no refusal', async () => {
  await expect(serve(new Error('bug'))).rejects.toThrow('bug')
})
