import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'undici'
import { interleave } from '../gatekeeper/test/slow/support/compare-times.ts'
import { directFields } from '../gatekeeper/test/support/direct.ts'
import { keyFileText, makeKey, type TestKey } from '../gatekeeper/test/support/keys.ts'
import { type Place, startGatekeeper, type Undo } from './front.ts'
import type { BenchOptions } from './options.ts'
import type { ReloadReport } from './report.ts'
import { median, rangeOf } from './statistics.ts'

export const manyKeys = 100_000

/** Returns keys without real secrets, because only their number matters. */
export function makeFillers(count: number): TestKey[] {
  const { entry } = makeKey()
  return Array.from({ length: count }, (_, at) => {
    const secrets = [{ sha256: randomBytes(32).toString('hex'), createdAt: null, expiresAt: null }]
    return { id: at.toString(36).padStart(10, '0'), key: '', entry: { ...entry, secrets } }
  })
}

export type ReloadPlan = {
  readonly few: Place
  readonly many: Place
  /** In the files of both places, and valid during the whole measurement. */
  readonly staying: TestKey
  readonly fillers: readonly TestKey[]
  readonly options: BenchOptions
}

/** Two gatekeepers, called at their check sockets so that the figures do not include Caddy. */
export async function measureReload(plan: ReloadPlan, undo: Undo): Promise<ReloadReport> {
  const { few, many, staying, fillers, options } = plan
  for (const place of [few, many]) await startGatekeeper(place, { undo })
  const leaving = makeKey({ user: 'leaving' })
  const texts = [keyFileText([staying, leaving, ...fillers]), keyFileText([staying, ...fillers])]
  const [askFew, askMany] = [createAsk(few, undo), createAsk(many, undo)]

  const one = async (ask: Ask) => (await ask(staying)).tookMs
  const both = [() => one(askMany), () => one(askFew)] as const
  await interleave(both, Math.ceil(options.comparedRequests / 5))
  const [manyMs, fewMs] = await interleave(both, options.comparedRequests)

  // Written before the measurement, because writing 50 MB would delay this process.
  const files = Array.from({ length: options.reloads }, (_, turn) => `${many.keysFile}.${turn}`)
  for (const [turn, file] of files.entries()) writeFileSync(file, texts[turn % 2] ?? '')
  const inForce: number[] = []
  const watch = watchSlowest(() => one(askMany))
  for (const [turn, file] of files.entries()) {
    const wanted = turn % 2 === 0 ? 200 : 401
    inForce.push(await timeReload(many, file, { ask: askMany, leaving, wanted }))
  }
  return {
    keys: manyKeys,
    fileMb: Buffer.byteLength(texts[0] ?? '') / 1e6,
    inForceMs: median(inForce),
    inForceMsRange: rangeOf(inForce),
    slowestRequestMs: await watch.end(),
    ratioToTenKeys: median(manyMs) / median(fewMs),
    requestMs: median(manyMs),
  }
}

type Ask = (key: TestKey) => Promise<{ readonly status: number; readonly tookMs: number }>

function createAsk(place: Place, undo: Undo): Ask {
  // Two connections, so that requests with one key do not wait for those with the other.
  const socketPath = join(place.stateDir, 'run/check.sock')
  const clients = new Map<string, Client>()
  const clientOf = ({ id }: TestKey) => {
    const known = clients.get(id) ?? new Client('http://localhost', { connect: { socketPath } })
    if (!clients.has(id)) undo(() => known.destroy())
    clients.set(id, known)
    return known
  }
  const fields = directFields(place, 'check')
  return async (key) => {
    const headers = { ...fields, 'x-api-key': key.key }
    const startedAt = performance.now()
    const answer = await clientOf(key).request({ path: '/check/ollama', method: 'GET', headers })
    await answer.body.dump()
    return { status: answer.statusCode, tookMs: performance.now() - startedAt }
  }
}

type ReloadTurn = { readonly ask: Ask; readonly leaving: TestKey; readonly wanted: number }

/** Replaces the file by rename, as our own writers do, and asks until the new file is in force. */
async function timeReload(place: Place, file: string, turn: ReloadTurn): Promise<number> {
  const startedAt = performance.now()
  renameSync(file, place.keysFile)
  while ((await turn.ask(turn.leaving)).status !== turn.wanted) {
    if (performance.now() - startedAt > 15_000) throw new Error('a new key file is not in force')
    await sleep(2)
  }
  return performance.now() - startedAt
}

/** Asks every few milliseconds until it is stopped; returns the slowest answer. */
function watchSlowest(measure: () => Promise<number>) {
  let isDone = false
  let slowestMs = 0
  const watching = (async () => {
    while (!isDone) {
      slowestMs = Math.max(slowestMs, await measure())
      await sleep(2)
    }
  })()
  return {
    end: async () => {
      isDone = true
      await watching
      return slowestMs
    },
  }
}
