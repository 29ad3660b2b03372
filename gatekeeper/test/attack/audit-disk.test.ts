import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Child, startChild, waitUntil } from '../support/child.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { readChainOf } from '../support/read-chain.ts'
import {
  ada,
  behind,
  canMount,
  makePlace,
  type Place,
  readiness,
  root,
  startFailing,
  startReady,
  statusOf,
} from './support/place.ts'

/** A gatekeeper whose audit is on a disk of 128 kB, which only its own mounts show. */
async function startOnSmallDisk(
  rules: string,
): Promise<{ place: Place; seen: Place; child: Child }> {
  const place = makePlace()
  writeFileSync(join(place.folder, 'gatekeeper.yaml'), `${twoPointGateway}\naudit: ${rules}\n`)
  mkdirSync(join(place.stateDir, 'audit'), { mode: 0o700 })
  const mount = `mount -t tmpfs -o size=128k,mode=0700 none "${place.stateDir}/audit"`
  const child = await startReady(place, behind(mount))
  return {
    place,
    child,
    seen: { ...place, stateDir: `/proc/${child.process.pid}/root${place.stateDir}` },
  }
}

function fill(seen: Place): string {
  const filler = join(seen.stateDir, 'audit/fill')
  try {
    for (;;) appendFileSync(filler, Buffer.alloc(1024))
  } catch {
    return filler
  }
}

async function answers(seen: Place, status: number, child: Child): Promise<void> {
  // Existing blocks hold some more.
  await waitUntil(async () => (await statusOf(seen, ada.key)) === status, {
    ...{ limitMs: 45_000, child, describe: () => child.output().slice(-2000) },
  })
}

async function becomesReady(seen: Place, form: RegExp, child: Child): Promise<void> {
  await waitUntil(async () => form.test(await readiness(seen)), {
    ...{ limitMs: 30_000, child, describe: child.output },
  })
}

/** The mount ends with the process. */
function copyAudit({ folder }: Place, seen: Place): string {
  cpSync(join(seen.stateDir, 'audit'), join(folder, 'kept'), { recursive: true })
  return join(folder, 'kept')
}

async function runKeys(seen: Place, ...words: string[]) {
  const child = startChild(process.execPath, [join(root, 'scripts/keys.ts'), ...words], {
    ...{ ...seen.env, GATEKEEPER_STATE_DIR: seen.stateDir },
  })
  const code = await new Promise((ended) => child.process.once('close', ended))
  return { code, said: child.output() }
}

describe.skipIf(!canMount)('a disk that is full while requests are recorded', () => {
  it("refuses with 'audit-unavailable' if the audit is required, and recovers by itself", async () => {
    const { place, seen, child } = await startOnSmallDisk('{required: true}')
    await answers(seen, 200, child)
    const filler = fill(seen)
    await answers(seen, 503, child)
    expect(await readiness(seen)).toMatch(/degraded[\s\S]*audit: cannot be written \(ENOSPC\)/)
    rmSync(filler)
    await answers(seen, 200, child)
    await becomesReady(seen, /"status":"ok"/, child)
    const { faults, records } = readChainOf(copyAudit(place, seen), 'requests-1')
    expect(faults).toEqual([])
    expect(records.find(({ event }) => event === 'audit.lost')).toMatchObject({ fault: 'ENOSPC' })
    expect(child.output()).toContain('audit-unavailable')
  })

  it('keeps serving if it is not required, reports it, and counts lost records', async () => {
    const { place, seen, child } = await startOnSmallDisk('{}')
    const filler = fill(seen)
    await waitUntil(
      async () => {
        expect(await statusOf(seen, ada.key)).toBe(200)
        return (await readiness(seen)).includes('ENOSPC')
      },
      { limitMs: 45_000, child, describe: child.output },
    )
    rmSync(filler)
    await waitUntil(
      async () => {
        expect(await statusOf(seen, ada.key)).toBe(200)
        return (await readiness(seen)).includes('"status":"ok"')
      },
      { limitMs: 45_000, child, describe: child.output },
    )
    const { faults, records } = readChainOf(copyAudit(place, seen), 'requests-1')
    expect(faults).toEqual([])
    expect(records.some(({ event }) => event === 'audit.lost')).toBe(true)
  })

  it('no key is changed while the change cannot be recorded', async () => {
    const { place, seen, child } = await startOnSmallDisk('{}')
    expect((await runKeys(seen, 'disable', ada.id)).code).toBe(0)
    const before = readFileSync(place.file, 'utf8')
    const filler = fill(seen)
    // Until the block that the chain ends in is full.
    const add = ['add', '--user', 'u'.repeat(200), '--service', 'ollama']
    const isFull = async () => (await runKeys(seen, ...add)).code !== 0
    await waitUntil(isFull, { limitMs: 100_000, child, describe: child.output })
    // A shorter record may still have room.
    let [text, name, refused] = ['', 'enable', await runKeys(seen, 'disable', ada.id)]
    for (let turn = 0; turn < 20 && refused.code === 0; turn++) {
      name = turn % 2 === 0 ? 'enable' : 'disable'
      text = readFileSync(place.file, 'utf8')
      refused = await runKeys(seen, name, ada.id)
    }
    expect(refused).toEqual({
      ...{ code: 73, said: expect.stringMatching(/audit .*ENOSPC.*nothing was changed/) },
    })
    expect(readFileSync(place.file, 'utf8')).toBe(text)
    expect(before).toContain('"disabled": true')
    rmSync(filler)
    expect((await runKeys(seen, name, ada.id)).code).toBe(0)
    const { faults, records } = readChainOf(copyAudit(place, seen), 'acts')
    expect(faults).toEqual([])
    expect(records.filter(({ event }) => String(event).startsWith('key.')).at(-1)).toMatchObject({
      ...{ event: `key.${name}d`, key: ada.id },
    })
  }, 150_000)
})

describe('an audit that cannot be opened', () => {
  it('because it is a file: 78 and what to do', async () => {
    const place = makePlace()
    writeFileSync(join(place.stateDir, 'audit'), '')
    const { code, said } = await startFailing(place)
    expect([code, said]).toEqual([78, expect.stringMatching(/audit: cannot be written/)])
  })

  it('prevents changes of keys that give rights, and lets rights be taken away', async () => {
    const place = makePlace()
    writeFileSync(join(place.stateDir, 'audit'), '')
    const text = readFileSync(place.file, 'utf8')
    const { code, said } = await runKeys(place, 'edit', ada.id, '--role', 'admin')
    expect([code, said]).toEqual([73, expect.stringContaining('nothing was changed')])
    expect(readFileSync(place.file, 'utf8')).toBe(text)
    // The record follows when the audit can be written again.
    expect((await runKeys(place, 'disable', ada.id)).code).toBe(0)
    expect(readFileSync(place.file, 'utf8')).toContain('"disabled": true')
  })
})
