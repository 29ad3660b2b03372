/**
 * Reads the body of an admitted head. This is the place of the body pipeline: type, size, decoding,
 * strict JSON, refused names, model candidates. Bodies that no check reads are streamed and never
 * seen here.
 */
import { normalizeModelName } from '../endpoints/model-name.ts'
import { isRefusedMember } from '../endpoints/refused-members.ts'
import { foldName, topLevelNames } from '../lib/json-scan.ts'
import type { BodyFacts, RequestFacts } from '../policy/facts.ts'
import type { Principal } from '../policy/principal.ts'
import type { Reason } from '../policy/reason.ts'
import type { ServiceKind } from '../policy/service.ts'
import type { RequestHead } from './request-head.ts'

/** The body of a request that nobody has begun to read. */
export type BodySource = {
  /** Reads it whole, unless it is longer than the limit or the client breaks off. Never rejects. */
  readonly read: (bytesMax: number) => Promise<Buffer | 'too-large' | 'aborted'>
}

export const jsonBodyBytesMax = 32 * 1024 * 1024

/** Reading asks for little. The weakest key must not make everybody wait while its JSON is parsed. */
export const readBodyBytesMax = 4 * 1024 * 1024

/** What reading gave: the facts for the checks, and the bytes that the checks were about. */
export type ReadBody = { readonly facts: BodyFacts; readonly bytes: Buffer | null }

export async function readBodyFacts(
  question: { head: RequestHead; facts: RequestFacts; principal: Principal },
  source: BodySource,
): Promise<ReadBody> {
  const { head, facts, principal } = question
  const kind = facts.service?.kind ?? 'http'
  const allowedModels = principal.models.map((model) => normalizeModelName(kind, model))
  const give = (
    defect: Reason | null,
    models: readonly string[] = [],
    bytes: Buffer | null = null,
  ) => ({
    facts: { models, allowedModels, defect },
    bytes,
  })
  if (facts.endpoint?.body === 'none')
    return give(head.hasBody ? 'body-unexpected' : null, pathModels(facts))
  if (facts.endpoint?.body !== 'json') return give(null)
  const typeDefect = examineTypes(head)
  if (typeDefect !== null) return give(typeDefect)
  const isRead = facts.endpoint.class === 'read'
  const bytes = await source.read(isRead ? readBodyBytesMax : jsonBodyBytesMax)
  if (typeof bytes === 'string') return give(`body-${bytes}`)
  const json = readJsonObject(bytes, facts)
  return typeof json === 'string' ? give(json) : give(null, bodyModels(json, facts), bytes)
}

function examineTypes(head: RequestHead): Reason | null {
  const encoding = head.fields['content-encoding']?.[0]?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity' && encoding !== '') return 'body-encoding'
  // Upstreams parse JSON whatever its type, so a web page's "simple" text/plain request would pass.
  const type = head.fields['content-type']?.[0] ?? ''
  return /^application\/(?:[\w.+-]+\+)?json[ \t]*(?:;|$)/i.test(type.trim()) ? null : 'body-type'
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function readJsonObject(bytes: Buffer, facts: RequestFacts): Map<string, unknown> | Reason {
  let text: string
  let value: unknown
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    return 'body-malformed'
  }
  const names = topLevelNames(text)
  if (names === null || typeof value !== 'object' || value === null) return 'body-malformed'
  const folded = names.map(foldName)
  // Go's decoder takes `MODEL` for `model`, the last one winning; others take the first or exact one.
  if (new Set(folded).size !== folded.length) return 'body-ambiguous'
  const kind = facts.service?.kind ?? 'http'
  const members = value as Record<string, unknown>
  if ([...folded, ...nestedNames(kind, members)].some((name) => isRefusedMember(kind, name))) {
    return 'body-field-refused'
  }
  // As the upstream reads names: Ollama folds them, LiteLLM compares to the letter.
  const read = kind === 'ollama' ? folded : names
  return new Map(names.map((name, at) => [read[at] as string, members[name]]))
}

/** LiteLLM reads what it lets callers set from the members of `metadata` too. */
function nestedNames(kind: ServiceKind, members: Readonly<Record<string, unknown>>): string[] {
  if (kind !== 'openai') return []
  const { metadata } = members
  // Given as JSON text it would be parsed behind us.
  if (typeof metadata === 'string') return ['litellm_metadata']
  return typeof metadata === 'object' && metadata !== null
    ? Object.keys(metadata).map(foldName)
    : []
}

function bodyModels(members: ReadonlyMap<string, unknown>, facts: RequestFacts): string[] {
  const place = facts.endpoint?.model
  if (place?.in !== 'body') return []
  const kind = facts.service?.kind ?? 'http'
  return place.members
    .map((name) => members.get(name))
    .filter((value) => value !== undefined && value !== null)
    .flatMap((value) => candidates(value, kind))
}

/** A name that no key can hold. */
const nobodysModel = '\0'

/** LiteLLM takes several models in one text, split at commas, or as a list. */
function candidates(value: unknown, kind: ServiceKind): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => candidates(item, kind))
  // Something that is no text cannot be a name; it must not pass as "no model named".
  if (typeof value !== 'string') return [nobodysModel]
  const names = kind === 'openai' ? value.split(',').map((name) => name.trim()) : [value]
  return names.map((name) => normalizeModelName(kind, name))
}

function pathModels(facts: RequestFacts): string[] {
  if (facts.endpoint?.model.in !== 'path') return []
  const last = facts.endpointPath.slice(facts.endpointPath.lastIndexOf('/') + 1)
  try {
    return [normalizeModelName(facts.service?.kind ?? 'http', decodeURIComponent(last))]
  } catch {
    return [nobodysModel]
  }
}
