import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import { parseLimit, type QuotaLimit } from '../model/limit.ts'
import { anonymous } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { createAddressLimits, limitPublicUsers, limitReaders } from './address-limits.ts'

const limit = () => limitReaders(parseLimit('3/hour') as QuotaLimit)
const open = anEndpoint({ class: 'open' })
const from = (clientAddress: string, over = {}) => ({
  facts: someFacts({ clientAddress, endpoint: open, ...over }),
  principal: anonymous,
  limits: [],
})
const reasonOf = (answer: object | null) => (answer as { reason?: Reason } | null)?.reason ?? null

test('an unknown caller reads no more than the limit, and uses nothing of another address', () => {
  const { reserve } = limit()
  const answers = Array.from({ length: 5 }, () => reasonOf(reserve(from('192.0.2.1'))))
  expect(answers).toEqual([null, null, null, 'rate-limited', 'rate-limited'])
  expect(reserve(from('192.0.2.2'))).toBeNull()
})

test('a rehearsal gives the same answer and charges nothing', () => {
  const { reserve, rehearse } = limit()
  for (let turn = 0; turn < 9; turn++) expect(rehearse(from('192.0.2.1'))).toBeNull()
  for (let turn = 0; turn < 3; turn++) expect(reserve(from('192.0.2.1'))).toBeNull()
  expect(reasonOf(rehearse(from('192.0.2.1')))).toBe('rate-limited')
})

test('the addresses of one IPv6 network share one limit', () => {
  const { reserve } = limit()
  const answers = [1, 2, 3, 4].map((last) => reasonOf(reserve(from(`2001:db8::${last}`))))
  expect(answers).toEqual([null, null, null, 'rate-limited'])
})

test('callers with a key, our own endpoints and requests that do not read are not counted here', () => {
  const { reserve } = limit()
  const others = [
    { ...from('192.0.2.1'), principal: aPrincipal() },
    from('192.0.2.1', { service: aService({ kind: 'own' }) }),
    from('192.0.2.1', { endpoint: anEndpoint({ class: 'use' }) }),
  ]
  for (let round = 0; round < 9; round++) for (const one of others) expect(reserve(one)).toBeNull()
})

test('public users of one address ask 60 times a minute about their tokens, however many they are', () => {
  const { reserve } = limitPublicUsers()
  const auth = { service: aService({ kind: 'own' }), endpoint: anEndpoint({ class: 'read' }) }
  const user = { appId: 'kiosk', userId: 'label', allowNoOrigin: true, totals: [], issuedAt: 0 }
  const by = (id: string, isPublic: boolean, over = {}) => ({
    ...from('192.0.2.1', { ...auth, ...over }),
    principal: aPrincipal({ id, kind: 'app', app: { ...user, isPublic } }),
  })
  const ask = (at: number) => reasonOf(reserve(by(`app:kiosk:anon:${at}`, true)))
  const answers = Array.from({ length: 70 }, (_, at) => ask(at))
  expect(answers.filter((answer) => answer === null)).toHaveLength(60)
  expect(answers.at(-1)).toBe('rate-limited')
  expect(reserve(by('app:shop:ada', false))).toBeNull()
  expect(reserve(by('app:kiosk:anon:1', true, { service: aService({}) }))).toBeNull()
})

describe('limits of every address', () => {
  const rate = (text: string) => parseLimit(text) as QuotaLimit
  const chat = aService({ name: 'chat', perAddress: [rate('2/min')] })
  const tts = aService({ name: 'tts' })
  const create = (...perAddress: string[]) => {
    const time = { ticksMs: 1_000 }
    const limits = createAddressLimits({
      ...{ perAddress: perAddress.map(rate), services: [chat, tts] },
      ...{ clock: () => 5_000, ticks: () => time.ticksMs },
    })
    const ask = (clientAddress: string, service = tts) =>
      limits.limitAddress(someFacts({ clientAddress, service }))
    const rehearse = (clientAddress: string) =>
      limits.rehearseAddress(someFacts({ clientAddress, service: tts }))
    return { ask, rehearse, time }
  }
  const count = (answers: readonly { refusal: object | null }[]) =>
    answers.filter(({ refusal }) => refusal === null).length

  test('500 requests at a limit of 100 give 100, and more come evenly', () => {
    const { ask, time } = create('100/15min')
    const all = () => Array.from({ length: 500 }, () => ask('192.0.2.1'))
    expect(count(all())).toBe(100)
    expect(ask('192.0.2.1').refusal).toMatchObject({
      ...{ reason: 'rate-limited', retryAfterMs: 9_000, againAt: 14_000 },
      limit: { scope: 'address', text: '100/15min', remaining: 0, used: 100, periodSeconds: 900 },
    })
    expect(count([ask('192.0.2.2')])).toBe(1)
    time.ticksMs += 8_999
    expect(count(all())).toBe(0)
    time.ticksMs += 1
    expect(count(all())).toBe(1)
    time.ticksMs += 900_000
    expect(count(all())).toBe(100)
  })

  test('an answer says how the limits stand', () => {
    const { ask } = create('100/15min', '1k/2hours')
    expect(ask('192.0.2.1').standings).toMatchObject([
      { text: '100/15min', remaining: 99, used: 1, resetAt: 14_000, isRate: true },
      { text: '1k/2hour', remaining: 999, periodSeconds: 7_200 },
    ])
  })

  test('all limits are charged or none', () => {
    const { ask, time } = create('3/min', '4/hour')
    expect(count(Array.from({ length: 50 }, () => ask('192.0.2.1')))).toBe(3)
    // The refused ones used nothing of the hour: one is left.
    time.ticksMs += 60_000
    expect(count(Array.from({ length: 50 }, () => ask('192.0.2.1')))).toBe(1)
  })

  test('those of a service count its requests alone, in addition to those of everything', () => {
    const { ask } = create('3/min')
    expect(count([1, 2, 3, 4].map(() => ask('192.0.2.1', chat)))).toBe(2)
    expect(count([1, 2, 3].map(() => ask('192.0.2.1')))).toBe(1)
  })

  test('a /64 is one client, and a rehearsal charges nothing', () => {
    const { ask, rehearse } = create('2/min')
    for (let turn = 0; turn < 5; turn++) expect(rehearse('2001:db8::1').refusal).toBeNull()
    expect(count([1, 2, 3].map((last) => ask(`2001:db8::${last}`)))).toBe(2)
    expect(rehearse('2001:db8::9').refusal).not.toBeNull()
    expect(count([ask('2001:db8:0:1::1'), ask('::ffff:192.0.2.1'), ask('192.0.2.1')])).toBe(3)
  })

  test('without a limit nothing is counted', () => {
    const { ask } = create()
    expect(ask('192.0.2.1')).toEqual({ refusal: null, standings: [] })
  })
})
