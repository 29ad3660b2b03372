/**
 * The clock is set forwards and back while the process runs: expired keys stay so while
 * it is, no limit is granted twice, and no caller is locked out for the length of the jump.
 */
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  makePlace,
  type Place,
  readiness,
  startReady,
  statusOf,
  useStatusOf,
} from '../attack/support/place.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { testMain } from '../support/main.ts'
import { findFaketime } from './support/tools.ts'

const dayMs = 24 * 60 * 60_000
const library = await findFaketime()

describe.skipIf(library === null)('a clock that jumps', () => {
  const free = makeKey({ user: 'free' })
  const daily = makeKey({ user: 'daily', limits: ['3/day'] })
  const hasty = makeKey({ user: 'hasty', limits: ['2/minute'] })
  let leaving = makeKey()
  let place: Place
  let child: Child

  const turnTo = (offsetMs: number) => {
    const file = join(place.folder, 'clock')
    writeFileSync(`${file}.next`, `${offsetMs < 0 ? '' : '+'}${offsetMs / 1000}\n`)
    renameSync(`${file}.next`, file)
  }
  const ask = (key: { key: string }) => statusOf(place, key.key)
  const becomes = (key: { key: string }, status: number) =>
    waitUntil(async () => (await ask(key)) === status, {
      ...{ limitMs: 20_000, child, describe: () => child.output().slice(-3_000) },
    })
  const many = async (key: { key: string }, times: number) => {
    const statuses: number[] = []
    for (let left = times; left > 0; left--) statuses.push(await useStatusOf(place, key.key))
    return statuses.filter((status) => status === 200).length
  }

  beforeAll(() => {
    leaving = makeKey({ user: 'leaving', expiresAt: new Date(Date.now() + dayMs).toISOString() })
  })

  it('forwards and back: expiry follows it, and no limit is granted twice', {
    timeout: 90_000,
  }, async () => {
    place = makePlace()
    writeFileSync(place.file, keyFileText([free, daily, hasty, leaving]))
    turnTo(0)
    child = await startReady(place, [
      ...['env', `LD_PRELOAD=${library}`, 'FAKETIME_NO_CACHE=1', 'DONT_FAKE_MONOTONIC=1'],
      ...[
        'FAKETIME_DONT_FAKE_MONOTONIC=1',
        `FAKETIME_TIMESTAMP_FILE=${join(place.folder, 'clock')}`,
      ],
      ...[process.execPath, testMain],
    ])
    expect([await ask(free), await ask(leaving)]).toEqual([200, 200])
    expect(await many(daily, 5)).toBe(3)
    expect(await many(hasty, 4)).toBe(2)
    expect(await ask(makeKey())).toBe(401)

    // Two days later: the key has expired, and the day's limit is renewed.
    turnTo(2 * dayMs)
    await becomes(leaving, 401)
    expect(await ask(free)).toBe(200)
    expect(await many(daily, 5)).toBe(3)
    // A rate uses a clock that cannot be set.
    expect(await many(hasty, 4)).toBe(0)

    // Back: today's usage is still counted.
    turnTo(0)
    await becomes(leaving, 200)
    expect(await ask(free)).toBe(200)
    expect(await many(daily, 5)).toBe(0)
    // No caller is locked out for the length of the jump: a rate is free again in its own time, and
    // the answer for a bad key still says no more than that it is bad.
    expect(await ask(makeKey())).toBe(401)
    await waitUntil(async () => (await useStatusOf(place, hasty.key)) === 200, {
      ...{ limitMs: 45_000, child, describe: child.output },
    })

    // Before the start of the process, and then back to the present.
    turnTo(-dayMs)
    expect(await ask(free)).toBe(200)
    turnTo(0)
    expect([await ask(free), await ask(leaving)]).toEqual([200, 200])
    expect(await many(daily, 3)).toBe(0)
    expect(await readiness(place)).toMatch(/200 OK/)
    expect(await child.stop()).toBe(0)
  })
})
