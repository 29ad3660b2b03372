import { parseKeyFile } from '../../api-keys/key-file.ts'
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { canMatch, namesLeft } from '../../api-keys/plain-map.ts'
import { formatInstant } from '../../lib/instant.ts'
import { locateAll } from '../../lib/json/json-place.ts'
import { parseJson } from '../../lib/json/parse-json.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { changeKeys } from './key-document.ts'
import type { KeyDocument, KeyEntry } from './key-entry.ts'
import { isChosenByPerson } from './key-strength.ts'
import type { KeyWriterDeps } from './key-writer.ts'

/** The result for each entry of a plain map. Contains no key. */
export type ImportOutcome = {
  readonly imported: readonly ImportedKey[]
  readonly refused: readonly RefusedKey[]
  /** Keys that the file already had. */
  readonly repeatedCount: number
  /** Names of members without a meaning here, which were dropped. */
  readonly membersLeft: readonly string[]
}

export type ImportedKey = { readonly id: string; readonly user: string; readonly service: string }
export type RefusedKey = {
  readonly line: number
  readonly user: string
  readonly service: string
  /** As the end of a sentence that begins with the key. */
  readonly why: string
}

/**
 * Hashes the keys of a plain map into `file`; `plain` is its text and its name. Keys that people
 * chose are refused, because such a key can be guessed from its hash. Rejects with a ProblemsError
 * if either file is invalid.
 */
export async function importPlainKeys(
  file: string,
  plain: { readonly text: string; readonly source: string },
  deps: KeyWriterDeps,
): Promise<ImportOutcome> {
  const candidates = readCandidates(plain, deps)
  const refused = describeRefused(candidates, plain.text)
  const membersLeft = [...new Set(candidates.flatMap(({ left }) => left))]
  const good = candidates.filter((candidate) => findKeyProblem(candidate.key) === null)
  return await changeKeys(
    file,
    deps.known,
    (document) => {
      const before = hashesOf(document)
      const fresh = good.filter(({ record }) => !before.has(record.secrets[0]?.sha256 ?? ''))
      const imported = fresh.map((candidate) => add(document, candidate, deps))
      return { imported, refused, repeatedCount: good.length - fresh.length, membersLeft }
    },
    deps.record,
  )
}

type Candidate = {
  readonly key: string
  readonly service: string
  readonly left: readonly string[]
  readonly record: KeyRecord
}

function readCandidates(
  plain: { readonly text: string; readonly source: string },
  deps: KeyWriterDeps,
): Candidate[] {
  const { form, keys, problems } = parseKeyFile(plain.text, plain.source, deps.known)
  if (problems.length > 0) throw new ProblemsError(problems)
  if (form !== 'plain map') {
    const what = 'is not a plain map: its keys are already hashed'
    const remedy = 'Import takes {"KEY": {"user", "service", "created_at"}}.'
    throw new ProblemsError([{ source: plain.source, what, remedy }])
  }
  // Both passes read the members in the same order.
  const entries = Object.entries(parseJson(plain.text) as Record<string, { service: string }>)
  return entries.map(([key, entry], at) => ({
    ...{ key, service: entry.service, left: namesLeft(entry), record: keys[at] as KeyRecord },
  }))
}

function findKeyProblem(key: string): string | null {
  if (!canMatch(key)) return 'has the form of another credential'
  return isChosenByPerson(key) ? 'is short or made of words, so it is easy to guess' : null
}

function describeRefused(candidates: readonly Candidate[], text: string): RefusedKey[] {
  const refused = candidates.filter(({ key }) => findKeyProblem(key) !== null)
  if (refused.length === 0) return []
  const places = locateAll(
    text,
    refused.map(({ key }) => [key]),
  )
  return refused.map(({ key, service, record }, at) => ({
    line: places[at]?.line ?? 0,
    user: record.user,
    service,
    why: findKeyProblem(key) ?? '',
  }))
}

function hashesOf(document: KeyDocument): Set<string> {
  const secrets = Object.values(document.keys).flatMap((entry) => entry.secrets)
  return new Set(secrets.map((secret) => secret.sha256))
}

function add(document: KeyDocument, candidate: Candidate, deps: KeyWriterDeps): ImportedKey {
  const { record, service } = candidate
  const id = freeId(document, record.id)
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  const [secret] = record.secrets
  const entry: KeyEntry = {
    user: record.user,
    role: record.role,
    services: [deps.known.serviceNameOf(service) ?? service],
    secrets: [
      { sha256: secret?.sha256 ?? '', createdAt: instant(record.createdAt), expiresAt: null },
    ],
    createdAt: instant(record.createdAt) ?? formatInstant(deps.clock()),
    expiresAt: instant(record.expiresAt),
    disabled: record.disabled,
    addresses: [],
    origins: [],
    models: [],
    limits: [],
    ...(record.description !== null && { description: record.description }),
  }
  document.keys[id] = entry
  return { id, user: record.user, service }
}

function freeId(document: KeyDocument, wanted: string): string {
  for (let count = 1; ; count++) {
    const id = count === 1 ? wanted : `${wanted}-${count}`
    if (!Object.hasOwn(document.keys, id)) return id
  }
}
