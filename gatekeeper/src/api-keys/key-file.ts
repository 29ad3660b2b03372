/**
 * Reads the files that contain API keys: `keys.json` (version 1) and the plain map of older
 * set-ups, distinguished by the member `version`. Must never put a key into a problem or warning,
 * and never return a part of a file that has a problem.
 */

import {
  type Finding,
  findDuplicates,
  findSyntaxProblem,
  placeFindings,
} from '../lib/json/entity-file.ts'
import { isObject } from '../lib/json/is-object.ts'
import type { JsonPath } from '../lib/json/json-place.ts'
import { countMembers } from '../lib/json/json-scan.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import type { Problem } from '../lib/problem.ts'
import { describeUnknownService, type KnownServices } from '../model/known-services.ts'
import { isKeyId } from './api-key.ts'
import { prefixPaths, type Reading, type ResolvedServices, readKey } from './key-members.ts'
import type { KeyFile, KeyRecord } from './key-record.ts'
import { KeySlices } from './key-slices.ts'
import { readPlainMap } from './plain-map.ts'

/** `source` is the file's name in problems. Reports all problems at once. */
export function parseKeyFile(text: string, source: string, known: KnownServices): KeyFile {
  const steps = parseInSteps(text, source, known)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}

/**
 * The same in steps of some milliseconds, except `JSON.parse`, so that requests are answered in
 * between: a file of 100,000 keys would otherwise block them for a second.
 */
export function* parseInSteps(
  text: string,
  source: string,
  known: KnownServices,
): Generator<void, KeyFile> {
  const sliced = yield* readSliced(text, known)
  if (sliced !== null) return conclude(sliced, { form: 'version 1', text, source })
  const value = parseJson(text)
  yield
  if (!isObject(value))
    return { form: 'version 1', keys: [], problems: [notAnObject(text, source)], warnings: [] }
  const form = 'version' in value ? 'version 1' : 'plain map'
  const read = form === 'version 1' ? yield* readVersion1(value, known) : readPlain(value, known)
  yield
  // Counting shows that there is a duplicate, at a fraction of the cost of finding it.
  const hasDuplicates = countMembers(text) !== read.members
  const duplicates = hasDuplicates ? findDuplicates(text, source) : []
  return conclude(read, { form, text, source }, duplicates)
}

function notAnObject(text: string, source: string): Problem {
  const correct = 'Correct the JSON there, or write the file with `npm run keys`.'
  const remedy = 'An empty one is {"version":1,"keys":{}}.'
  return (
    findSyntaxProblem(text, source, correct) ?? { source, what: 'is not a JSON object', remedy }
  )
}

type Parsed = { readonly form: KeyFile['form']; readonly text: string; readonly source: string }

function conclude(
  read: Read,
  { form, text, source }: Parsed,
  duplicates: readonly Problem[] = [],
): KeyFile {
  const problems = [...duplicates, ...placeFindings(text, source, read.findings)]
  const keys = problems.length === 0 ? read.keys : []
  return { form, keys, problems, warnings: placeFindings(text, source, read.warnings) }
}

/** Returns null if the text cannot be read key by key, or has a repeated member. */
function* readSliced(text: string, known: KnownServices): Generator<void, Read | null> {
  const slices = new KeySlices(text)
  const read: Read = { keys: [], findings: [], warnings: [], members: slices.members }
  yield* readEntries(slices.entries(), known, read)
  return slices.isWhole && slices.members === read.members ? read : null
}

type Read = Reading & {
  readonly keys: KeyRecord[]
  readonly warnings: Finding[]
}

function readPlain(entries: Readonly<Record<string, unknown>>, known: KnownServices): Read {
  const read = { ...readPlainMap(entries, known), members: countMembersOf(entries) }
  if (read.keys.length === 0) return read
  const advice = {
    path: [],
    what: `holds ${read.keys.length} plain keys, which work for everyone who reads the file`,
    remedy: 'Hash them: npm run keys -- import FILE. Then remove the file and its setting.',
  }
  return { ...read, warnings: [advice, ...read.warnings] }
}

const fileMembers = ['version', 'keys']

function* readVersion1(
  file: Readonly<Record<string, unknown>>,
  known: KnownServices,
): Generator<void, Read> {
  const read: Read = { keys: [], findings: [], warnings: [], members: Object.keys(file).length }
  const report = (path: JsonPath, what: string, remedy: string) =>
    read.findings.push({ path, what, remedy })
  if (file['version'] !== 1) {
    report(
      ['version'],
      'version is not 1, the only version that this Gatekeeper reads',
      'Write 1, or update Gatekeeper.',
    )
    return read
  }
  for (const name of Object.keys(file).filter((member) => !fileMembers.includes(member))) {
    // Not quoted: in a file that mixes both forms this is a plain key.
    const what = 'the file has a member besides version and keys'
    report([name], what, 'Remove it; plain keys need a file of their own.')
  }
  if (isObject(file['keys'])) yield* readEntries(membersOf(file['keys']), known, read)
  else report(['keys'], 'keys must be an object', 'Write "keys": {}.')
  return read
}

function* membersOf(
  value: Readonly<Record<string, unknown>>,
): Generator<readonly [string, unknown]> {
  for (const name in value) yield [name, value[name]]
}

const keysPerStep = 500

function* readEntries(
  entries: Iterable<readonly [id: string, entry: unknown]>,
  known: KnownServices,
  read: Read,
): Generator<void, void> {
  const deps = { reading: read, resolveServices: createServiceResolver(known, read) }
  let count = 0
  for (const [id, entry] of entries) {
    const before = read.findings.length
    const key = readKey(id, entry, deps)
    if (!isRecordId(id)) read.findings.push({ path: [], ...wrongId })
    read.members++
    if (++count % keysPerStep === 0) yield
    if (read.findings.length > before) prefixPaths(read, before, ['keys', id])
    else read.keys.push(key)
  }
}

// Ids of imported plain keys keep their prefix, and with it their own look-up.
function isRecordId(id: string): boolean {
  return isKeyId(id) || isPlainId(id)
}

/** Returns whether the id is that of a key without our form, which is found by its hash only. */
export function isPlainId(id: string): boolean {
  return /^plain-[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id) && id.length <= 120
}

// The id is not quoted: a whole key in its place is the most likely mistake.
const wrongId = {
  what: 'the id of a key must be ten characters of 0-9a-z',
  remedy: 'Create keys with `npm run keys -- add`; this file never contains a key itself.',
}

const nothing: readonly never[] = []

/** One list for all keys with the same services: a large file has few different ones. */
function createServiceResolver(known: KnownServices, read: Read) {
  const lists = new Map<string, ResolvedServices>()
  return (id: string, names: readonly string[]): ResolvedServices => {
    // Names do not contain line breaks.
    const cacheKey = names.join('\n')
    const cached = lists.get(cacheKey)
    if (cached !== undefined) return cached
    const services = names.map((name) => known.serviceNameOf(name))
    const unknown = names.filter((_, at) => services[at] === null)
    const list = {
      services: [...new Set(services.filter((service) => service !== null))],
      unknown: unknown.length === 0 ? nothing : unknown,
    }
    // Not cached if a name is unknown: each of its keys gets a warning.
    if (unknown.length === 0) lists.set(cacheKey, list)
    for (const name of unknown) {
      // Malformed ids are not named: they may be keys.
      if (!isRecordId(id)) continue
      const unknown = describeUnknownService(`key ${id}`, name, known)
      read.warnings.push({ path: ['keys', id, 'services'], ...unknown })
    }
    return list
  }
}

/** Without recursion: a file may be nested deeper than the call stack allows. */
function countMembersOf(value: object): number {
  const open: object[] = [value]
  let count = 0
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const values: unknown[] = Object.values(next)
    if (!Array.isArray(next)) count += values.length
    for (const inner of values) if (typeof inner === 'object' && inner !== null) open.push(inner)
  }
  return count
}
