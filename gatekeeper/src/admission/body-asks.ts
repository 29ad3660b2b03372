import { modelInPath } from '../kinds/find-endpoint.ts'
import { readKeepAlive } from '../kinds/keep-alive.ts'
import { kindOf } from '../kinds/kinds.ts'
import { isCloudModel, isListedFor, normalizeModelName } from '../kinds/model-name.ts'
import { geminiPaths } from '../kinds/row.ts'
import { readMember } from '../lib/json/json-edit.ts'
import { type Endpoint, nobodysModel } from '../model/endpoint.ts'
import { type BodyFacts, noBody, type OutputBound, type RequestFacts } from '../model/facts.ts'
import { hasKeyShape } from '../model/key-shape.ts'
import type { Kind } from '../model/kind.ts'
import type { Principal } from '../model/principal.ts'
import type { NormalBody } from './json-body.ts'
import { type StoreDeps, usesStore } from './stored-responses.ts'

type Asked = { readonly facts: RequestFacts; readonly principal: Principal }

/** Returns what a JSON body requests from the model server. */
export function readAsks(
  body: NormalBody,
  asked: Asked,
  { isOwnResponse = () => false, isOwnItem = () => false, plainKeyTest }: StoreDeps & ShowDeps = {},
): BodyFacts {
  const { facts, principal } = asked
  const own = { service: facts.service?.name ?? '', principal: principal.id }
  const endpoint = facts.endpoint as Endpoint
  const keepAliveSeconds = readKeepAliveOf(body)
  const choices = readChoices(body)
  const outputBounds = readOutputBounds(body, endpoint)
  return {
    ...noBody,
    ...judgeModels([...pathModels(facts), ...bodyModels(body, facts)], asked, { plainKeyTest }),
    promptBytes: body.bytes.length - body.imagesBytes,
    choices,
    outputBounds,
    outputTokens: outputOf(outputBounds, choices),
    isStream: readStream(body, endpoint),
    isUsageAsked: readMember(body, ['stream_options', 'include_usage']) === true,
    isUnload: isUnload(body, endpoint, keepAliveSeconds),
    usesStore: usesStore(body, endpoint, {
      response: (id) => isOwnResponse({ ...own, id }),
      item: (id) => isOwnItem({ ...own, id }),
    }),
    keepAliveSeconds,
    contextTokens: readContext(body),
    asksSurcharge: asksSurcharge(body),
    imageBytes: body.imageBytes,
  }
}

/** Recognises a key of a loaded plain map; such keys have no form of their own. */
export type ShowDeps = {
  readonly plainKeyTest?: (() => ((text: string) => boolean) | null) | undefined
}

/** Returns the models that a request names, and which of them the caller may use. */
export function judgeModels(
  names: readonly string[],
  { facts, principal }: Asked,
  { plainKeyTest }: ShowDeps = {},
): Pick<BodyFacts, 'models' | 'shownModel' | 'grantedModels' | 'cloudModels'> {
  const kind = kindOf(facts)
  const models = names.map((name) => normalizeModelName(kind, name))
  return {
    models,
    shownModel: showModels(names, plainKeyTest?.() ?? null),
    grantedModels: models.filter((name) => isListedFor(principal, kind, name)),
    cloudModels: models.filter((name) => isCloudModel(kind, name)),
  }
}

const shownCharsMax = 200

/**
 * Returns the names for a refusal; null if one may contain a credential (a long run of letters).
 */
function showModels(
  names: readonly string[],
  isPlainKey: ((text: string) => boolean) | null,
): string | null {
  const text = names.join(',')
  if (text === '' || text.length > shownCharsMax || hasKeyShape(text)) return null
  const isPlain = /^[\w.:/@+~, -]+$/.test(text) && !/[\w-]{43}/.test(text)
  return isPlain && !names.some((name) => isPlainKey?.(name)) ? text : null
}

/** Returns the model in the path, if there is one. */
export function pathModels(facts: RequestFacts): string[] {
  if (facts.endpoint?.model.in !== 'path') return []
  try {
    return [modelInPath(facts.endpoint, facts.endpointPath) ?? nobodysModel]
  } catch {
    return [nobodysModel]
  }
}

function bodyModels(body: NormalBody, facts: RequestFacts): string[] {
  const place = facts.endpoint?.model
  const members = place?.in === 'body' ? place.members : place?.in === 'path' ? ['model'] : []
  const kind = kindOf(facts)
  return members
    .map((name) => readMember(body, [name]))
    .filter((value) => value !== undefined && value !== null)
    .flatMap((value) => candidates(value, kind))
}

/** Returns the names in a member or field; LiteLLM accepts a list, or several between commas. */
export function candidates(value: unknown, kind: Kind): string[] {
  if (Array.isArray(value) && kind.takesModelLists) {
    return value.length === 0 ? [nobodysModel] : value.flatMap((item) => candidates(item, kind))
  }
  // A value that is not a string cannot be a name, and must not count as "no model named".
  if (typeof value !== 'string' || !value.isWellFormed()) return [nobodysModel]
  // No model has such a name, and one reader drops characters that another keeps.
  if (/\p{Cc}/u.test(value)) return [nobodysModel]
  return kind.takesModelLists ? value.split(',').map((name) => name.trim()) : [value]
}

/** Reads a number, also as a string, because some readers accept that. */
function readNumber(body: NormalBody, path: readonly string[]): number | null {
  return toNumber(readMember(body, path))
}

function toNumber(value: unknown): number | null {
  if (value === undefined || value === null) return null
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && !Number.isNaN(number) ? number : Number.POSITIVE_INFINITY
}

function readOutputBounds(body: NormalBody, { output }: Endpoint): OutputBound[] {
  return output.map((name) => {
    const path = name.split('.')
    const value = readMember(body, path)
    return { path, isGiven: value !== undefined, asked: toNumber(value) }
  })
}

/** A negative bound means "unlimited", so it bounds nothing. */
function outputOf(bounds: readonly OutputBound[], choices: number): number | null {
  const asked = bounds.map((bound) => bound.asked).filter((value) => value !== null && value >= 0)
  return asked.length === 0 ? null : Math.max(...(asked as number[])) * choices
}

/** Members that ask for several answers. */
const choicePaths = [['n'], ['best_of'], ...geminiPaths('candidateCount', 'candidate_count')]

/** Returns how many answers one prompt gets. */
function readChoices(body: NormalBody): number {
  const counts = choicePaths.map((path) => readNumber(body, path) ?? 1)
  return Math.max(1, ...counts) * countPrompts(readMember(body, ['prompt']))
}

/** A list of texts, or of lists of tokens, is several prompts with an answer each. */
function countPrompts(prompt: unknown): number {
  const isList = Array.isArray(prompt) && prompt.some((part) => typeof part !== 'number')
  return isList ? prompt.length : 1
}

function readStream(body: NormalBody, { stream }: Endpoint): boolean {
  if (stream.form === 'none') return false
  if (stream.by === null) return stream.isDefault
  const value = readMember(body, [stream.by])
  return value === undefined || value === null ? stream.isDefault : value !== false
}

/** A value that we cannot read could mean for ever, so it counts as Infinity. */
function readKeepAliveOf(body: NormalBody): number | null {
  const seconds = readKeepAlive(readMember(body, ['keep_alive']))
  return seconds === undefined ? Number.POSITIVE_INFINITY : seconds
}

/** Some versions of Ollama drop fractions of a second, so less than one counts as zero. */
function isUnload(body: NormalBody, endpoint: Endpoint, keepAlive: number | null): boolean {
  if (endpoint.prompt === null || keepAlive === null || keepAlive >= 1) return false
  const prompt = readMember(body, [endpoint.prompt])
  if (Array.isArray(prompt)) return prompt.length === 0
  return prompt === undefined || prompt === null || prompt === ''
}

/**
 * Members by which a provider bills more than its list says, and the values at which it does not:
 * OpenAI's and Gemini's priority, Anthropic's fast mode and its residency.
 */
const surcharges: readonly (readonly [member: string, usual: readonly string[]])[] = [
  ...['service_tier', 'serviceTier'].map(
    (name) =>
      [name, 'auto default standard standard_only flex batch on_demand'.split(' ')] as const,
  ),
  ['speed', ['standard']],
  ['inference_geo', ['global']],
]

/** A value that cannot be read may be a dear one. Speech has a number as `speed`, which costs nothing. */
function asksSurcharge(body: NormalBody): boolean {
  return surcharges.some(([name, usual]) => {
    const value = readMember(body, [name])
    if (value === undefined || value === null || typeof value === 'number') return false
    return typeof value !== 'string' || !usual.includes(value.toLowerCase())
  })
}

function readContext(body: NormalBody): number | null {
  const sizes = [['options', 'num_ctx'], ['num_ctx'], ['n_ctx']].map((path) =>
    readNumber(body, path),
  )
  const given = sizes.filter((size) => size !== null)
  return given.length === 0 ? null : Math.max(...given)
}
