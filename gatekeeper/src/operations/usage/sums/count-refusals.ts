/**
 * Counts refusals in the audit's chains of requests: a refused request is not in the usage log. Only
 * the references of users are stored, as in the records.
 */
import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { readRecord } from '../../../audit/chain.ts'
import { listChains, listSegments } from '../../../audit/segments.ts'
import { readLines } from '../../audit/read-lines.ts'
import { type Buckets, bucketSizes } from './bucket-start.ts'
import { keptFrom } from './count-lines.ts'
import { inOneStep } from './sums-file.ts'

type Place = { segment: number; bytes: number }

type Deps = {
  readonly folder: string
  readonly database: DatabaseSync
  readonly buckets: Buckets
  readonly now: number
}

const isWanted = /"outcome":"deny"|"event":"denials"/

/**
 * Counts what the chains have after the stored places. Ends when `mayGoOn` says no; resolves with
 * whether all is counted.
 */
export async function countRefusals(deps: Deps, mayGoOn: () => boolean): Promise<boolean> {
  for (const chain of listChains(deps.folder)) {
    if (chain !== 'acts' && !(await countChain({ ...deps, chain }, mayGoOn))) return false
  }
  return true
}

async function countChain(
  deps: Deps & { readonly chain: string },
  mayGoOn: () => boolean,
): Promise<boolean> {
  const place = readPlace(deps.database, deps.chain)
  for (const { number, path } of listSegments(deps.folder, deps.chain)) {
    if (number < place.segment) continue
    if (number > place.segment) Object.assign(place, { segment: number, bytes: 0 })
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
    if (size > place.bytes && !(await countSegment({ ...deps, place, path }, mayGoOn))) return false
  }
  return true
}

async function countSegment(
  deps: Deps & { readonly chain: string; readonly place: Place; readonly path: string },
  mayGoOn: () => boolean,
): Promise<boolean> {
  const { place, path, database, chain } = deps
  for await (const lines of readLines(path, place.bytes)) {
    const counts: Counts = new Map()
    for (const { bytes, isWhole } of lines) {
      // An incomplete line is still being written.
      if (!isWhole) continue
      place.bytes += bytes.length + 1
      const line = bytes.toString('utf8')
      if (isWanted.test(line)) count(line, counts, deps)
    }
    store(database, { counts, chain, place })
    if (!mayGoOn()) return false
  }
  return true
}

type Counts = Map<string, { key: [number, number, string]; requests: number }>

function count(line: string, counts: Counts, { buckets, now }: Deps): void {
  const refused = readRefused(line)
  if (refused === null) return
  const { at, subject, requests } = refused
  for (const [size, name] of bucketSizes.entries()) {
    if (at < keptFrom(name, now)) continue
    const key: [number, number, string] = [size, buckets.startOf(name, at), subject]
    const found = counts.get(key.join(' '))
    if (found === undefined) counts.set(key.join(' '), { key, requests })
    else found.requests += requests
  }
}

/** Returns what a line says about refused requests; null if it does not. */
function readRefused(line: string) {
  const record = readRecord(line)
  if (typeof record === 'string') return null
  const { event, outcome, user } = record
  if (event === 'denials') {
    // Refusals of strangers beyond those that are recorded one by one.
    const [at, requests] = [Date.parse(String(record['minute'])), Number(record['count'])]
    return Number.isNaN(at) || !Number.isSafeInteger(requests)
      ? null
      : { at, subject: '', requests }
  }
  if (event !== 'request' || outcome !== 'deny') return null
  const subject = typeof user === 'string' && user.startsWith('subject:') ? user : ''
  return { at: Date.parse(record.at), subject, requests: 1 }
}

type Counted = { readonly counts: Counts; readonly chain: string; readonly place: Place }

function store(database: DatabaseSync, { counts, chain, place }: Counted): void {
  inOneStep(database, () => {
    const add = database.prepare(
      'INSERT INTO refusals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET requests = requests + excluded.requests',
    )
    for (const { key, requests } of counts.values()) add.run(...key, requests)
    database
      .prepare(
        'INSERT INTO chains VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET segment = excluded.segment, bytes = excluded.bytes',
      )
      .run(chain, place.segment, place.bytes)
  })
}

function readPlace(database: DatabaseSync, chain: string): Place {
  const row = database.prepare('SELECT segment, bytes FROM chains WHERE chain = ?').get(chain)
  return { segment: Number(row?.['segment'] ?? 0), bytes: Number(row?.['bytes'] ?? 0) }
}
