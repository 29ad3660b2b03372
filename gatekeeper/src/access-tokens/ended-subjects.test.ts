import { describe, expect, it } from 'vitest'
import { createEndedSubjects } from './ended-subjects.ts'

type Ends = Readonly<Record<string, number>>

/** A store of ends; `pass` moves the clock and calls the timers that are due. */
function createFixture({ endsMax = 10, stored = {} }: { endsMax?: number; stored?: Ends } = {}) {
  const state = { now: 1_000_000, stored, writes: 0, isBroken: false }
  const due: { at: number; run: () => void }[] = []
  const ended = createEndedSubjects({
    stored: () => state.stored,
    write: async (add) => {
      if (state.isBroken) throw new Error('the disk is full')
      state.writes++
      state.stored = add(state.stored)
    },
    clock: () => state.now,
    timers: {
      after: (ms: number, run: () => void) => {
        due.push({ at: state.now + ms, run })
        return () => {}
      },
      every: () => () => {},
    },
    endsMax,
  })
  const pass = async (ms: number) => {
    state.now += ms
    for (const one of due.splice(0)) {
      if (one.at <= state.now) one.run()
      else due.push(one)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  const isEnded = (subject: string, issuedAt: number | null) => ended.isEnded({ subject, issuedAt })
  return { ended, state, pass, isEnded }
}

describe('ended subjects', () => {
  it('end at once all tokens of before, and none of after or of others', async () => {
    const { ended, state, isEnded } = createFixture()
    const before = ended.version()
    const written = ended.end('shop:ada')
    expect(ended.version()).not.toBe(before)
    expect(isEnded('shop:ada', state.now)).toBe(true)
    expect(isEnded('shop:ada', null)).toBe(true)
    expect(isEnded('shop:ada', state.now + 1)).toBe(false)
    for (const other of ['shop:ada2', 'shop:ad', 'other:ada']) {
      expect(isEnded(other, state.now)).toBe(false)
    }
    await written
    expect(state.stored).toEqual({ 'shop:ada': state.now + 1 })
    expect(isEnded('shop:ada', state.now)).toBe(true)
  })

  it('are written together, at most once a second', async () => {
    const { ended, state, pass, isEnded } = createFixture({ endsMax: 1_000 })
    await ended.end('shop:first')
    const all = Array.from({ length: 500 }, (_, at) => ended.end(`shop:user${at}`))
    await pass(999)
    expect(state.writes).toBe(1)
    for (let at = 0; at < 500; at++) expect(isEnded(`shop:user${at}`, state.now - 999)).toBe(true)
    await pass(1)
    await Promise.all(all)
    expect([state.writes, Object.keys(state.stored).length]).toEqual([2, 501])
  })

  it('hold although they cannot be written, which the caller learns', async () => {
    const { ended, state, pass, isEnded } = createFixture()
    state.isBroken = true
    await expect(ended.end('shop:ada')).rejects.toThrow('full')
    expect(isEnded('shop:ada', state.now)).toBe(true)
    state.isBroken = false
    await pass(1_000)
    await ended.end('shop:bob')
    expect(Object.keys(state.stored).sort()).toEqual(['shop:ada', 'shop:bob'])
  })

  it('beyond their number end more than was asked for, never less', async () => {
    const { ended, state, pass, isEnded } = createFixture({ endsMax: 6 })
    const ends: { subject: string; at: number }[] = []
    for (let at = 0; at < 40; at++) {
      const subject = `${at % 2 === 0 ? 'shop' : 'kiosk'}:user${at}`
      ends.push({ subject, at: state.now })
      const written = ended.end(subject)
      await pass(1_000)
      await written
      expect(Object.keys(state.stored).length).toBeLessThanOrEqual(6)
    }
    for (const { subject, at } of ends) expect(isEnded(subject, at)).toBe(true)
    expect(isEnded('shop:user0', state.now)).toBe(false)
    expect(isEnded('other:user0', 1)).toBe(false)
  })

  it('of one app, however many, end nothing of another app', async () => {
    const { ended, state, pass, isEnded } = createFixture({ endsMax: 10 })
    await ended.end('shop:ada')
    const before = state.now
    await pass(1_000)
    // Each stranger who logs out at a public app is another user.
    for (let at = 0; at < 100; at++) {
      const written = ended.end(`kiosk:anon:${at}`)
      await pass(1_000)
      await written
    }
    expect(Object.keys(state.stored).length).toBeLessThanOrEqual(10)
    expect(isEnded('shop:ada', before)).toBe(true)
    expect(isEnded('shop:bob', before)).toBe(false)
    expect(isEnded('kiosk:anon:0', before)).toBe(true)
  })

  it('are forgotten when no token of that time can be valid any more', async () => {
    const { ended, state, pass } = createFixture({ stored: { 'shop:old': 1 } })
    await pass(91 * 86_400_000)
    await ended.end('shop:new')
    expect(Object.keys(state.stored)).toEqual(['shop:new'])
  })

  it('never move an end back that another gatekeeper wrote', async () => {
    const { ended, state } = createFixture({ stored: { 'shop:ada': 5_000_000 } })
    await ended.end('shop:ada')
    expect(state.stored).toEqual({ 'shop:ada': 5_000_000 })
  })

  it('wait in a bounded memory while nothing can be written', async () => {
    const { ended, state, pass } = createFixture({ endsMax: 3 })
    state.isBroken = true
    const all = ['a', 'b', 'c'].map((user) => ended.end(`shop:${user}`))
    for (const one of all) await expect(one).rejects.toThrow('full')
    await expect(ended.end('shop:d')).rejects.toMatchObject({ name: 'TooManyEnds' })
    const again = ended.end('shop:a')
    const refused = expect(again).rejects.toThrow('full')
    await pass(1_000)
    await refused
  })
})
