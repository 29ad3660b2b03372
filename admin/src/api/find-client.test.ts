import { expect, test } from 'vitest'
import { createClientFinder } from './find-client.ts'

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (typ: string) => `${encode({ alg: 'EdDSA', typ })}.${encode({})}.c2ln`
const good = tokenOf('gk-admin+jwt')

function open(document: unknown) {
  const asked: unknown[] = []
  let now = 0
  const find = createClientFinder(
    async (path, question) => {
      asked.push([path, question])
      if (document instanceof Error) throw document
      return { status: 200, document }
    },
    () => now,
  )
  return { find, asked, pass: (ms: number) => (now += ms) }
}

test('a client that the gatekeeper knows is an admin without a session', async () => {
  const { find, asked } = open({ client: 'client:ci' })
  expect(await find(good, '192.0.2.1')).toEqual({
    ...{ id: 'client:ci', name: 'ci', role: 'admin', person: null, session: null },
  })
  expect(asked).toEqual([['/admin-token', { token: good, clientAddress: '192.0.2.1' }]])
})

test.each([
  tokenOf('at+jwt'),
  tokenOf('gk-bridge+jwt'),
  'gk_0123456789_x',
  'a.b.c',
  `${good}.more`,
  `${good}${'x'.repeat(20_000)}`,
  'e30.e30.',
])('what is not of the class is nobody, and the gatekeeper is not asked: %.30s', async (token) => {
  const { find, asked } = open({ client: 'client:ci' })
  expect(await find(token, '192.0.2.1')).toBeNull()
  expect(asked).toEqual([])
})

test('a token that is not valid is nobody, and guesses of an address are bounded', async () => {
  const { find, asked, pass } = open({ client: null })
  for (let at = 0; at < 20; at++) expect(await find(good, '192.0.2.1')).toBeNull()
  await expect(find(good, '192.0.2.1')).rejects.toMatchObject({ reason: 'too_many' })
  expect(asked).toHaveLength(20)
  expect(await find(good, '192.0.2.2')).toBeNull()
  pass(60_000)
  expect(await find(good, '192.0.2.1')).toBeNull()
})

test('all addresses of a /64 are one that guesses', async () => {
  const { find, asked } = open({ client: null })
  for (let at = 1; at <= 20; at++) expect(await find(good, `2001:db8::${at}`)).toBeNull()
  await expect(find(good, '2001:db8::ffff')).rejects.toMatchObject({ reason: 'too_many' })
  expect(asked).toHaveLength(20)
})

test('good tokens are not counted', async () => {
  const { find } = open({ client: 'client:ci' })
  for (let at = 0; at < 100; at++) expect(await find(good, '192.0.2.1')).not.toBeNull()
})

test.each([new Error('gone'), {}, { client: 'person:owner00001' }, null])(
  'without a good answer nobody gets in: %j',
  async (document) => {
    const { find } = open(document)
    await expect(find(good, '192.0.2.1')).rejects.toMatchObject({ reason: 'unavailable' })
  },
)
