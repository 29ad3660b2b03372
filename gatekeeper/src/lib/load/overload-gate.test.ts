import { describe, expect, it } from 'vitest'
import { createOverloadGate } from './overload-gate.ts'

/** A loop whose turns take as long as the test says; its timer runs between two of them. */
function makeLoop(lagMs = 50) {
  let at = 1_000
  let active = 0
  let idle = 0
  let tick = () => {}
  const changes: boolean[] = []
  const gate = createOverloadGate(
    { lagMs },
    {
      now: () => at,
      loopUse: () => ({ active, idle }),
      timers: {
        after: () => () => {},
        every: (_intervalMs, run) => {
          tick = run
          return () => {
            tick = () => {}
          }
        },
      },
      onChange: (isOverloaded) => changes.push(isOverloaded),
    },
  )
  const work = (ms: number) => {
    at += ms
    active += ms
  }
  /** A turn: the given work, then idle time until the timer is due. */
  const turn = (workMs: number, restMs = Math.max(0, 20 - workMs)) => {
    work(workMs)
    at += restMs
    idle += restMs
    tick()
  }
  const turns = (count: number, workMs: number, restMs?: number) => {
    for (let left = count; left > 0; left--) turn(workMs, restMs)
  }
  /** Bodies that wait for other threads, far more than are done; the loop is mostly idle. */
  const crowd = () => {
    const begun = Array.from({ length: 100 }, () => gate.beginWork())
    for (const end of begun) {
      turn(1)
      end?.()
    }
    return gate.beginWork()
  }
  return { gate, changes, work, turn, turns, crowd }
}

describe('an event loop with idle time', () => {
  it('refuses nothing even if its timer is late now and then', () => {
    const { gate, turn, turns, work } = makeLoop()
    for (let round = 0; round < 20; round++) {
      turn(300)
      turns(10, 5)
      expect(gate.isRefusing(false)).toBe(false)
    }
    work(5_000)
    expect(gate.isRefusing(false)).toBe(false)
  })

  it('that other processes delay refuses nothing: it has little work of its own', () => {
    const { gate, turns } = makeLoop()
    turns(100, 80, 40)
    expect([gate.isOverloaded(), gate.isRefusing(false)]).toEqual([false, false])
  })
})

describe('an event loop that is always busy', () => {
  it('refuses nothing while its turns are short', () => {
    const { gate, turns, changes } = makeLoop()
    turns(200, 30, 0)
    expect([gate.isOverloaded(), gate.isRefusing(false), changes]).toEqual([false, false, []])
  })

  it('refuses what arrives after a turn that was too long, until turns are short again', () => {
    const { gate, turn, turns, changes } = makeLoop()
    turns(6, 100, 0)
    expect([gate.isOverloaded(), gate.isRefusing(false), changes]).toEqual([true, true, [true]])
    turn(50)
    expect(gate.isRefusing(false)).toBe(true)
    turn(30)
    expect(gate.isRefusing(false)).toBe(false)
  })

  it('refuses within one long turn, before the timer can report it', () => {
    const { gate, turns, work } = makeLoop()
    turns(6, 100, 0)
    turns(1, 20, 0)
    expect(gate.isRefusing(false)).toBe(false)
    work(60)
    expect(gate.isRefusing(false)).toBe(false)
    work(11)
    expect(gate.isRefusing(false)).toBe(true)
  })

  it('accepts everything again when it has idle time, and reports it once', () => {
    const { gate, turns, changes } = makeLoop()
    turns(6, 100, 0)
    turns(60, 10)
    expect([gate.isOverloaded(), gate.isRefusing(false), changes]).toEqual([
      false,
      false,
      [true, false],
    ])
  })
})

describe('an event loop with idle time, whose work waits for other threads', () => {
  it('refuses more of that work and nothing else; reports it, and accepts everything afterwards', () => {
    const { gate, crowd, changes } = makeLoop()
    crowd()
    expect([gate.isOverloaded(), changes]).toEqual([true, [true]])
    for (let left = 2; left > 0; left--) {
      expect(gate.isRefusing(true)).toBe(false)
      gate.beginWork()
    }
    expect([gate.isRefusing(true), gate.isRefusing(false)]).toEqual([true, false])
  })

  it('accepts everything again when it is done', () => {
    const { gate, crowd, turns, changes } = makeLoop()
    crowd()?.()
    turns(110, 1)
    expect([gate.isOverloaded(), gate.isRefusing(true), changes]).toEqual([
      ...[false, false],
      [true, false],
    ])
  })
})
