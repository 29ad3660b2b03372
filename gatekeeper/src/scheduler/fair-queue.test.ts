import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FairQueue, type Slot } from './fair-queue.ts'

/** A clock that the test sets, and timers that follow it. */
function createTime() {
  let now = 0
  const due: { at: number; run: () => void }[] = []
  const after = (delayMs: number, run: () => void) => {
    const entry = { at: now + delayMs, run }
    due.push(entry)
    return () => {
      const at = due.indexOf(entry)
      if (at !== -1) due.splice(at, 1)
    }
  }
  /** Advances to the next timer and runs it; false if there is none. */
  const step = () => {
    const next = due.reduce<(typeof due)[number] | null>(
      (first, entry) => (first === null || entry.at < first.at ? entry : first),
      null,
    )
    if (next === null) return false
    now = Math.max(now, next.at)
    due.splice(due.indexOf(next), 1)
    next.run()
    return true
  }
  return {
    clock: () => now,
    timers: { after, every: after },
    after,
    step,
    pass: (ms: number) => (now += ms),
  }
}

const rules = { slots: 1, waitingMax: 1_000, waitingPerKeyMax: 1_000, longestWaitMs: 1e9 }
const settle = () => new Promise<void>((resolve) => setImmediate(resolve))
const never = new AbortController().signal
const asSlot = (entry: unknown) => entry as Slot

function open(over: Partial<typeof rules> = {}) {
  const time = createTime()
  return { time, queue: new FairQueue({ ...rules, ...over }, time) }
}

const enter = (queue: FairQueue, key: string, signal = never, weight = 1) =>
  queue.enter({ key, weight, signal })

describe('slots', () => {
  test('are granted at once while some are free, and after a release otherwise', async () => {
    const { queue, time } = open({ slots: 2 })
    const [first, second] = [await enter(queue, 'a'), await enter(queue, 'b')]
    expect(first).toMatchObject({ waitedMs: 0, hasWaited: false })
    const third = enter(queue, 'c')
    expect(queue.counts()).toMatchObject({ running: 2, waiting: 1 })
    time.pass(40)
    asSlot(second).release()
    expect(await third).toMatchObject({ waitedMs: 40, hasWaited: true })
    asSlot(first).release()
    asSlot(await third).release()
    expect(queue.counts()).toMatchObject({ running: 0, waiting: 0, served: 3, waitedMs: 40 })
  })

  test('are returned once, however often they are released', async () => {
    const { queue } = open()
    const slot = asSlot(await enter(queue, 'a'))
    slot.release()
    slot.release()
    await enter(queue, 'b')
    expect(queue.counts().running).toBe(1)
    const waiting = enter(queue, 'c')
    slot.release()
    expect(queue.counts()).toMatchObject({ running: 1, waiting: 1 })
    void waiting
  })
})

describe('a waiting request', () => {
  test('is refused beyond the maximum of its key, and beyond the maximum of all', async () => {
    const { queue } = open({ waitingPerKeyMax: 2, waitingMax: 3 })
    const slot = asSlot(await enter(queue, 'a'))
    const waiting = [enter(queue, 'a'), enter(queue, 'a')]
    expect(await enter(queue, 'a')).toBe('queue-full')
    waiting.push(enter(queue, 'b'))
    expect(await enter(queue, 'c')).toBe('queue-full')
    expect(queue.counts()).toMatchObject({ waiting: 3, turnedAway: { 'queue-full': 2 } })
    slot.release()
    await Promise.all(waiting.map(async (entry) => asSlot(await entry).release()))
    expect(queue.counts()).toMatchObject({ served: 4, running: 0, waiting: 0 })
  })

  test('leaves the queue when its client disconnects, and uses no slot', async () => {
    const { queue } = open()
    const slot = asSlot(await enter(queue, 'a'))
    const left = new AbortController()
    const gone = enter(queue, 'a', left.signal)
    const next = enter(queue, 'a')
    left.abort()
    expect(await gone).toBe('aborted')
    expect(queue.counts()).toMatchObject({ waiting: 1 })
    slot.release()
    asSlot(await next).release()
    expect(await enter(queue, 'a', left.signal)).toBe('aborted')
    expect(queue.counts()).toMatchObject({ running: 0, waiting: 0, turnedAway: { aborted: 2 } })
  })

  test('is refused exactly after the longest wait', async () => {
    const { queue, time } = open({ longestWaitMs: 500 })
    const slot = asSlot(await enter(queue, 'a'))
    const late = enter(queue, 'b')
    time.step()
    expect(await late).toBe('queue-timeout')
    expect(time.clock()).toBe(500)
    slot.release()
    expect(queue.counts()).toMatchObject({ running: 0, waiting: 0 })
    expect(time.step()).toBe(false)
  })

  test('stops its timer when it is served', async () => {
    const { queue, time } = open()
    const slot = asSlot(await enter(queue, 'a'))
    const next = enter(queue, 'b')
    slot.release()
    asSlot(await next).release()
    expect(time.step()).toBe(false)
  })
})

type Load = { key: string; weight: number; requests: number; atOnce: number }

/**
 * Runs loads to their end: each key keeps `atOnce` requests in the queue. Returns how long each
 * waited, and the share of time that each key had while all of them still had something to do.
 */
async function simulate(loads: readonly Load[], durationOf: () => number, slots = 1) {
  const { time, queue } = open({ slots })
  const waits = new Map(loads.map(({ key }) => [key, [] as number[]]))
  const used = new Map(loads.map(({ key }) => [key, 0]))
  let shares: ReadonlyMap<string, number> | null = null
  const ask = async (load: Load, left: { requests: number }): Promise<void> => {
    if (left.requests === 0) {
      shares ??= new Map(used)
      return
    }
    left.requests--
    const slot = asSlot(await enter(queue, load.key, never, load.weight))
    waits.get(load.key)?.push(slot.waitedMs)
    const durationMs = durationOf()
    const { promise, resolve } = Promise.withResolvers<void>()
    time.after(durationMs, resolve)
    await promise
    used.set(load.key, (used.get(load.key) ?? 0) + durationMs)
    slot.release()
    await ask(load, left)
  }
  const all = loads.flatMap((load) => {
    const left = { requests: load.requests }
    return Array.from({ length: load.atOnce }, () => ask(load, left))
  })
  await settle()
  while (time.step()) await settle()
  await Promise.all(all)
  return { waits, shares: shares ?? used, counts: queue.counts() }
}

describe('no key can starve another', () => {
  const longestMs = 1_000
  const durations = fc.infiniteStream(fc.integer({ min: 1, max: longestMs }))
  const take = (stream: Stream) => () => stream.next().value as number
  type Stream = Iterator<number>

  test('a single request next to 200 at once waits at most for two of the longest', async () => {
    const flood = { key: 'flood', weight: 1, requests: 200, atOnce: 200 }
    const single = { key: 'single', weight: 1, requests: 40, atOnce: 1 }
    await fc.assert(
      fc.asyncProperty(durations, async (stream) => {
        const { waits } = await simulate([flood, single], take(stream))
        expect(waits.get('flood')).toHaveLength(200)
        expect(Math.max(...(waits.get('single') ?? []))).toBeLessThanOrEqual(2 * longestMs)
      }),
      { numRuns: 25 },
    )
  })

  const load = fc.record({
    weight: fc.constantFrom(0.5, 1, 2, 4),
    requests: fc.integer({ min: 1, max: 30 }),
    atOnce: fc.integer({ min: 1, max: 30 }),
  })

  test('with any keys, weights and slots each waits no longer than the shares before it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(load, { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 1, max: 4 }),
        durations,
        async (made, slots, stream) => {
          const loads = made.map((each, at) => ({ ...each, key: `key-${at}` }))
          const { waits, counts } = await simulate(loads, take(stream), slots)
          expect(counts).toMatchObject({ running: 0, waiting: 0 })
          expect(counts.served).toBe(loads.reduce((sum, { requests }) => sum + requests, 0))
          for (const one of loads.filter(({ atOnce }) => atOnce === 1)) {
            // Each other key gets its share of what this one had, and overshoots by a request a slot.
            const others = loads.filter((other) => other !== one)
            const ahead = others.reduce((sum, other) => sum + other.weight / one.weight + slots, 0)
            const longest = Math.max(...(waits.get(one.key) ?? []))
            expect(longest).toBeLessThanOrEqual((ahead + 1) * longestMs)
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test.each([
    [1, 1],
    [3, 1],
    [1, 4],
  ])('time is shared by weight: %i to %i', async (left, right) => {
    const loads = [
      { key: 'left', weight: left, requests: 400, atOnce: 50 },
      { key: 'right', weight: right, requests: 400, atOnce: 50 },
    ]
    const sequence = fc.sample(fc.integer({ min: 1, max: longestMs }), { numRuns: 800, seed: 7 })
    const { shares } = await simulate(loads, () => sequence.pop() ?? 1)
    const ratio = (shares.get('left') ?? 0) / (shares.get('right') ?? 1)
    expect(ratio).toBeGreaterThan((left / right) * 0.9)
    expect(ratio).toBeLessThan((left / right) * 1.1)
  })

  test('a key with long requests gets no more time than one with short requests', async () => {
    const { queue, time } = open()
    const used = { long: 0, short: 0 }
    const serve = async (key: keyof typeof used, durationMs: number) => {
      const slot = asSlot(await enter(queue, key))
      await new Promise<void>((resolve) => time.after(durationMs, resolve))
      used[key] += durationMs
      slot.release()
    }
    const all = [
      ...Array.from({ length: 20 }, () => serve('long', 1_000)),
      ...Array.from({ length: 400 }, () => serve('short', 10)),
    ]
    await settle()
    while (used.short < 2_000 && time.step()) await settle()
    expect(used.long).toBeLessThanOrEqual(used.short + 1_000)
    expect(used.long).toBeGreaterThanOrEqual(used.short - 1_000)
    while (time.step()) await settle()
    await Promise.all(all)
  })

  test('an idle key accumulates no credit', async () => {
    const { queue, time } = open()
    const order: string[] = []
    const serve = async (key: string) => {
      const slot = asSlot(await enter(queue, key))
      order.push(key)
      time.pass(longestMs)
      slot.release()
    }
    const slot = asSlot(await enter(queue, 'busy'))
    const early = Array.from({ length: 5 }, () => serve('busy'))
    const away = Array.from({ length: 10 }, async () => {
      await Promise.all(early)
      await serve('away')
    })
    const busy = Array.from({ length: 10 }, async () => {
      await Promise.all(early)
      await serve('busy')
    })
    slot.release()
    await Promise.all([...away, ...busy])
    const late = order.slice(5)
    const ahead = late.map((_, at) =>
      late.slice(0, at + 1).reduce((sum, key) => sum + (key === 'away' ? 1 : -1), 0),
    )
    expect(Math.max(...ahead.map(Math.abs))).toBeLessThanOrEqual(1)
  })
})

test('those that wait are shown in the order in which they are served', async () => {
  const { queue, time } = open()
  const shown = async (key: string, name: string) => {
    const about = { user: name, principal: `key:${key}`, model: null }
    return await queue.enter({ key, weight: 1, signal: never, about })
  }
  const served: string[] = []
  const serve = async (key: string, name: string) => {
    const slot = asSlot(await shown(key, name))
    served.push(name)
    return slot
  }
  const first = asSlot(await shown('a', 'first'))
  const waiting = [serve('a', 'a2'), serve('a', 'a3'), serve('b', 'b1'), serve('c', 'c1')]
  time.pass(10)
  const order = queue.view().waiting.map(({ user }) => user)
  expect(order).toEqual(['b1', 'c1', 'a2', 'a3'])
  first.release()
  for (const _ of waiting) {
    await settle()
    time.pass(1)
    const [name = ''] = served.slice(-1)
    asSlot(await waiting[['a2', 'a3', 'b1', 'c1'].indexOf(name)]).release()
  }
  expect(served).toEqual(order)
})
