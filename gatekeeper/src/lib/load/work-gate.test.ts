import { describe, expect, it } from 'vitest'
import { WorkGate } from './work-gate.ts'

const workMs = 75

/** A worker that does one piece after the other, each in `eachMs`; checks run every 20 ms. */
function makeQueue(eachMs: number) {
  let at = 1_000
  const gate = new WorkGate({ workMs }, { now: () => at })
  const waiting: { readonly end: () => void; readonly begunAt: number }[] = []
  const tally = { refused: 0, tookMs: [] as number[] }
  let doneAt = at
  let lookAt = at + 20

  /** Submits the given number at once. */
  const bring = (count: number) => {
    for (let left = count; left > 0; left--) {
      const end = gate.isFull() ? null : gate.begin()
      if (end === null) tally.refused++
      else waiting.push({ end, begunAt: at })
    }
  }
  const pass = (ms: number) => {
    for (const until = at + ms; at < until; ) {
      at++
      if (waiting.length === 0) doneAt = at
      for (; waiting.length > 0 && doneAt + eachMs <= at; doneAt += eachMs) {
        const piece = waiting.shift()
        piece?.end()
        tally.tookMs.push(at - (piece?.begunAt ?? at))
      }
      if (at < lookAt) continue
      gate.look()
      lookAt = at + 20
    }
  }
  const bringEvery = (everyMs: number, forMs: number) => {
    for (let passedMs = 0; passedMs < forMs; passedMs += everyMs) {
      bring(1)
      pass(everyMs)
    }
  }
  /** Resets the counts. */
  const forget = () => {
    tally.refused = 0
    tally.tookMs = []
  }
  return { gate, bring, pass, bringEvery, tally, forget, waiting }
}

describe('nothing is refused', () => {
  it('while less work arrives than can be done', () => {
    const { bringEvery, gate, tally } = makeQueue(3)
    bringEvery(4, 5_000)
    expect([gate.isOverloaded(), tally.refused]).toEqual([false, 0])
  })

  it('of many that arrive at once and are soon done, however often', () => {
    const { bring, pass, gate, tally } = makeQueue(3)
    for (let crowds = 0; crowds < 10; crowds++) {
      bring(80)
      pass(400)
      expect(gate.isOverloaded()).toBe(false)
    }
    expect(tally.refused).toBe(0)
  })

  it('when a few pieces are large: each takes long, and nobody waits', () => {
    const { bringEvery, gate, tally } = makeQueue(500)
    bringEvery(600, 20_000)
    expect([gate.isOverloaded(), tally.refused]).toEqual([false, 0])
  })

  it('while all work under way waits forever, as when it was never begun', () => {
    const gate = new WorkGate({ workMs }, { now: () => 1_000 })
    for (let left = 1_000; left > 0; left--) expect(gate.begin()).not.toBeNull()
    for (let left = 100; left > 0; left--) gate.look()
    expect(gate.isFull()).toBe(false)
  })

  it('because short pieces overtake a few long ones', () => {
    const { bringEvery, gate, tally } = makeQueue(2)
    let at = 0
    const mixed = new WorkGate({ workMs }, { now: () => at })
    for (; at < 5_000; at += 20) {
      const [long, short, other] = [mixed.begin(), mixed.begin(), mixed.begin()]
      at += 10
      short?.()
      other?.()
      at += 90
      long?.()
      mixed.look()
      expect(mixed.isFull()).toBe(false)
    }
    bringEvery(3, 1_000)
    expect([gate.isOverloaded(), tally.refused]).toEqual([false, 0])
  })
})

describe('when four times as much work arrives as can be done', () => {
  it('few are under way at a time after a moment, and the worker is never idle', () => {
    const { bringEvery, gate, tally, forget } = makeQueue(4)
    bringEvery(1, 3_000)
    expect(gate.isOverloaded()).toBe(true)
    forget()
    bringEvery(1, 2_000)
    expect(tally.tookMs.length).toBeGreaterThan(480)
    expect(tally.refused).toBeGreaterThan(1_400)
    expect(Math.max(...tally.tookMs)).toBeLessThanOrEqual(3 * 4 + 1)
  })

  it('work that was accepted before it started is bounded too', () => {
    const { bringEvery, gate, waiting } = makeQueue(4)
    bringEvery(1, 3_000)
    let begun = waiting.length
    while (gate.begin() !== null) begun++
    expect(begun).toBe(6)
  })

  it('short work that needs no other thread does not hide it', () => {
    const { bring, pass, gate } = makeQueue(4)
    for (let passedMs = 0; passedMs < 1_500; passedMs++) {
      bring(1)
      gate.begin()?.()
      gate.begin()?.()
      pass(1)
    }
    expect(gate.isOverloaded()).toBe(true)
  })

  it('all work is accepted again within about a second afterwards', () => {
    const { bringEvery, pass, gate, tally, forget } = makeQueue(4)
    bringEvery(1, 3_000)
    pass(2_100)
    expect(gate.isOverloaded()).toBe(false)
    forget()
    bringEvery(8, 3_000)
    expect(tally.refused).toBe(0)
  })

  it('and half as much as can be done afterwards is accepted too', () => {
    const { bringEvery, gate } = makeQueue(4)
    bringEvery(1, 3_000)
    bringEvery(8, 2_100)
    expect(gate.isOverloaded()).toBe(false)
  })
})

describe('the count', () => {
  it('is not lowered twice for work that ends twice', () => {
    const { bringEvery, gate, waiting } = makeQueue(4)
    bringEvery(1, 3_000)
    while (waiting.length > 2) waiting.pop()?.end()
    expect(gate.isFull()).toBe(false)
    const end = gate.begin()
    expect(gate.isFull()).toBe(true)
    end?.()
    end?.()
    gate.begin()
    expect(gate.isFull()).toBe(true)
  })
})
