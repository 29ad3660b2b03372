import { execFileSync } from 'node:child_process'
import { appendFileSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, it } from 'vitest'
import { type Child, waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { readRecords } from '../support/read-records.ts'
import {
  behind,
  canMount,
  makePlace,
  readiness,
  startFailing,
  startReady,
  useStatusOf,
} from './support/place.ts'

/** Its limit has to outlive the process, so that it needs the ledger on disk. */
const limited = makeKey({ user: 'limited', limits: ['1000000/day'] })
const free = makeKey({ user: 'free' })

function makePlaceWithKeys() {
  const place = makePlace()
  writeFileSync(place.file, keyFileText([limited, free]))
  return place
}

/** The folder as seen in the mounts of a process. */
function seenBy(child: Child, place: ReturnType<typeof makePlace>): ReturnType<typeof makePlace> {
  return { ...place, stateDir: `/proc/${child.process.pid}/root${place.stateDir}` }
}

/** Sends requests until the answer has the status; there is no third one. */
async function askUntil(status: number, ask: () => Promise<number>, child: Child): Promise<void> {
  const isSo = async () => {
    // A full disk allows some more, in blocks that exist already.
    for (let turn = status === 503 ? 20 : 1; turn > 0; turn--) {
      const answered = await ask()
      if (answered === status) return true
      expect([200, 503]).toContain(answered)
    }
    return false
  }
  await waitUntil(isSo, { limitMs: 45_000, child, describe: () => child.output().slice(-2000) })
}

/**
 * The number of answered requests of each user in the log; refused ones may be there as failed.
 */
async function readAnswered(path: string): Promise<Record<string, number>> {
  const answered = (await readRecords(path)).filter(({ outcome }) => outcome === 'answered')
  const byUser = Map.groupBy(answered, ({ user }) => user ?? '')
  return Object.fromEntries([...byUser].map(([user, records]) => [user, records.length]))
}

/** Events of the journal in the output of a child. */
const eventsOf = (child: Child) =>
  [...child.output().matchAll(/usage journal: (\w+)/g)].map((match) => match[1])

function isWhole(path: string): boolean {
  const database = new DatabaseSync(path)
  const found = database.prepare('PRAGMA integrity_check').all()
  database.close()
  return found.length === 1 && found[0]?.['integrity_check'] === 'ok'
}

describe.skipIf(!canMount)('a disk that is full while requests are counted', () => {
  it('refuses requests that need the ledger, serves the others, and recovers by itself', async () => {
    const place = makePlaceWithKeys()
    const child = await startReady(
      place,
      behind(`mount -t tmpfs -o size=1m none "${place.stateDir}"`),
    )
    const seen = seenBy(child, place)
    let granted = 0
    const ask = async () => {
      const status = await useStatusOf(seen, limited.key)
      if (status === 200) granted++
      return status
    }
    await askUntil(200, ask, child)

    const filler = join(seen.stateDir, 'fill')
    const fill = () => {
      try {
        for (let left = 1024; left > 0; left--) appendFileSync(filler, Buffer.alloc(1024))
      } catch {
        // Full.
      }
    }
    fill()
    await askUntil(503, ask, child)
    // The answers of a check while it fails: no for requests that need it, yes for others.
    expect(await ask()).toBe(503)
    expect(await useStatusOf(seen, free.key)).toBe(200)
    const ready = await readiness(seen)
    expect(ready).toMatch(/200 OK[\s\S]*degraded[\s\S]*usage\.db.*(?:full|disk|space)/)

    rmSync(filler)
    await askUntil(200, ask, child)
    await waitUntil(async () => /"status":"ok"/.test(await readiness(seen)), {
      ...{ limitMs: 30_000, child, describe: child.output },
    })

    // No request was admitted uncounted, and none was counted twice. A check's line may be a moment
    // younger than its answer. A copy, since the mount goes with the process: the log first, which
    // makes up for a checkpoint between the two.
    const kept = join(place.folder, 'usage.db')
    let answered = {}
    const isCounted = async () => {
      copyFileSync(join(seen.stateDir, 'usage.db-wal'), `${kept}-wal`)
      copyFileSync(join(seen.stateDir, 'usage.db'), kept)
      answered = await readAnswered(kept).catch(() => ({}))
      return isDeepStrictEqual(answered, { limited: granted, free: 1 })
    }
    await waitUntil(isCounted, {
      ...{ limitMs: 10_000, child, describe: () => JSON.stringify([answered, granted]) },
    })
    expect(isWhole(kept)).toBe(true)
    await child.stop()
    expect(eventsOf(child)).toEqual(['failing', 'recovered'])
  })
})

describe('a damaged ledger', () => {
  it.each([
    ['garbage', 'x'.repeat(5000), /is damaged/],
    ['empty', '', /is empty/],
  ])('%s: 78 and what to do, and limits are not reset', async (_name, text, message) => {
    const place = makePlaceWithKeys()
    const path = join(place.stateDir, 'usage.db')
    writeFileSync(path, text)
    const { code, said } = await startFailing(place)
    expect([code, said]).toEqual([78, expect.stringMatching(message)])
    expect(said).toMatch(/usage\.db: .*Limits must not restart at zero.*move .* elsewhere/)
    expect(readFileSync(path, 'utf8')).toBe(text)
  })
})

const canTrace = (() => {
  try {
    execFileSync('strace', ['-qq', '-e', 'inject=getppid:error=EIO', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    process.stderr.write('SKIP: no strace here, so no I/O errors are tested\n')
    return false
  }
})()

describe.skipIf(!canTrace)('a disk that answers with errors', () => {
  it('refuses requests that need the ledger and recovers by itself, with nothing lost', async () => {
    const place = makePlaceWithKeys()
    const log = join(place.stateDir, 'usage.db-wal')
    const child = await startReady(place, [
      // The tracer in a separate process (-D), so that the process that is stopped is the
      // gatekeeper.
      ...['strace', '-D', '-f', '-qq', '--seccomp-bpf', '-o', '/dev/null', '-P', log],
      ...['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=EIO:when=60..64'],
      ...behind('true').slice(5),
    ])
    let granted = 0
    const ask = async () => {
      const status = await useStatusOf(place, limited.key)
      if (status === 200) granted++
      return status
    }
    await askUntil(503, ask, child)
    expect(await useStatusOf(place, free.key)).toBe(200)
    await askUntil(200, ask, child)
    await child.stop()
    expect(eventsOf(child)).toEqual(['failing', 'recovered'])
    const path = join(place.stateDir, 'usage.db')
    expect(isWhole(path)).toBe(true)
    expect(await readAnswered(path)).toEqual({ limited: granted, free: 1 })
  })
})
