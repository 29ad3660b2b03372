import { describe, expect, it } from 'vitest'
import { aService } from '../../test/support/questions.ts'
import { own } from '../kinds/own/own.ts'
import { ownServicesBeside } from '../kinds/own/own-services.ts'
import { providers } from '../kinds/providers/providers.ts'
import { isUnder } from '../lib/net/path.ts'
import { parseLimit, type QuotaLimit, rateOf } from '../model/limit.ts'
import { openLimits } from '../model/open-limits.ts'
import { createOpenLimiter } from './open-limiter.ts'

const rate = rateOf(parseLimit('10/15min') as QuotaLimit)

function createFixture() {
  const time = { ticksMs: 0 }
  const limiter = createOpenLimiter(openLimits['/auth/token'], rate, () => time.ticksMs)
  const taken = (count: number, addressOf: (at: number) => string) =>
    Array.from({ length: count }, (_, at) => limiter.take(addressOf(at))).filter(Boolean).length
  return { limiter, time, taken }
}

describe('the limits of strangers', () => {
  it('every endpoint that needs no credential has a row, and no row is of another', () => {
    const [provider] = providers
    const services = ownServicesBeside(provider ? [aService({ kind: provider })] : [])
    const open = services.filter(({ anonymous }) => anonymous)
    const isOf = (path: string) =>
      open.some(({ routes }) => routes.some(({ prefix }) => isUnder(path, prefix)))
    const rows = (own.rows ?? []).filter(
      ({ class: ofClass, pattern }) => ofClass === 'open' && isOf(pattern),
    )
    const patterns = new Set(rows.map(({ pattern }) => pattern))
    expect(Object.keys(openLimits).sort()).toEqual([...patterns].sort())
  })

  it('count ten a quarter of an hour for an address and for a /64, and give them back evenly', () => {
    const { taken, time } = createFixture()
    expect(taken(50, () => '192.0.2.1')).toBe(10)
    expect(taken(50, (at) => `2001:db8::${at.toString(16)}`)).toBe(10)
    time.ticksMs += 90_000
    expect(taken(50, () => '192.0.2.1')).toBe(1)
    time.ticksMs += 900_000
    expect(taken(50, () => '192.0.2.1')).toBe(10)
  })

  it('count a hundred for a /24 and for a /48', () => {
    const { taken } = createFixture()
    expect(taken(500, (at) => `192.0.2.${at % 250}`)).toBe(100)
    expect(taken(500, (at) => `2001:db8:1:${at.toString(16)}::1`)).toBe(100)
    expect(taken(10, () => '192.0.3.1')).toBe(10)
  })

  it('count six hundred a minute for everybody', () => {
    const { taken } = createFixture()
    expect(taken(2_000, (at) => `10.${at % 250}.${Math.floor(at / 250)}.1`)).toBe(600)
  })

  it('charge all or nothing: an address that is refused uses nothing of its network', () => {
    const { limiter, taken } = createFixture()
    expect(taken(500, () => '192.0.2.1')).toBe(10)
    expect(taken(500, (at) => `192.0.2.${2 + (at % 9)}`)).toBe(90)
    limiter.giveBack('192.0.2.1')
    expect(taken(5, () => '192.0.2.1')).toBe(1)
  })
})
