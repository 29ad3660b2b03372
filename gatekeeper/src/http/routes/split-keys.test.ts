import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  aBodySource,
  anEndpoint,
  aPrincipal,
  aReservation,
  someFacts,
} from '../../../test/support/questions.ts'
import { Admission } from '../../model/admission.ts'
import type { AppUser, Principal } from '../../model/principal.ts'
import { createRing } from '../../vault/ring.ts'
import { createSplitKeys } from '../../vault/split-keys.ts'
import type { OwnRequest } from '../serve/own.ts'
import { splitKeyEndpoints } from './split-keys.ts'

const originalKey = 'sk-of-the-user-0123456789'
const user: AppUser = {
  ...{ appId: 'shop', userId: 'ada', isPublic: false, allowNoOrigin: true },
  ...{ totals: [], issuedAt: 0 },
}

function ask(json: object, app: AppUser | undefined = user, ring = createRing([randomBytes(32)])) {
  const handed: string[] = []
  const splitKeys = createSplitKeys({
    ...{ rows: () => ({}), ring: () => ring },
    originOf: () => 'https://api.openai.com',
  })
  const endpoints = splitKeyEndpoints({
    splitKeys,
    providers: ['openai'],
    handOver: async (_, body = '') => {
      handed.push(body)
      const data = { keyId: 'x', createdAt: '2026-11-30T10:00:00.000Z' }
      const body201 = JSON.stringify({ success: true, message: 'done', data })
      return { status: 201, fields: {}, body: body201 }
    },
    reload: async () => {},
    countFailure: (_, reason) => reason,
  })
  const pattern = '/api/split-key/split'
  const principal: Principal = aPrincipal({ user: 'shop:ada', kind: 'app', ...(app && { app }) })
  const facts = someFacts({ endpoint: anEndpoint({ pattern }), endpointPath: pattern })
  const parts = { facts, principal, obligations: [], reservation: aReservation() }
  const request: OwnRequest = {
    ...{ admission: new Admission(parts), field: () => null, body: aBodySource() },
    bytes: Buffer.from(JSON.stringify(json)),
  }
  return { handed, answer: async () => await endpoints[pattern]?.(request) }
}

const wanted = { originalKey, apiProvider: 'openai', keyId: 'mine-0001' }

test('what is handed over has neither the key nor the part of the client', async () => {
  const { handed, answer } = ask(wanted)
  const { clientPart } = JSON.parse((await answer())?.body ?? '').data as { clientPart: string }
  const [row = ''] = handed
  expect(JSON.parse(row)).toMatchObject({ id: 'mine-0001', provider: 'openai', version: 1 })
  for (const secret of [originalKey, clientPart, clientPart.slice(-43)]) {
    expect(row).not.toContain(secret)
    expect(row).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20))
  }
})

test('without a key of the vault nothing is split', async () => {
  const { handed, answer } = ask(wanted, user, null)
  await expect(answer()).rejects.toMatchObject({ reason: 'vault-closed' })
  expect(handed).toEqual([])
})

test.each([undefined, Object.assign({}, user, { isPublic: true })])(
  'a caller who is no known user of an app has no split keys: %j',
  async (app) => {
    const { answer } = ask(wanted, app === undefined ? (null as never) : app)
    await expect(answer()).rejects.toMatchObject({ reason: 'class-not-granted' })
  },
)
