import { nobodysModel } from '../model/endpoint.ts'
import type { ServiceKind } from '../model/service.ts'

/**
 * The one form of a model's many names. Ollama takes `m`, `m:latest`, `library/m`,
 * `registry.ollama.ai/library/m:latest` in any letter case and with spaces around, all for the same
 * model; elsewhere a name is what it is.
 */
export function normalizeModelName(kind: ServiceKind, name: string): string {
  if (kind !== 'ollama' || name === nobodysModel) return name
  const plain = plainName(name)
  return lastSegment(plain).includes(':') ? plain : `${plain}:latest`
}

/** Without blanks around, scheme, source, and the parts of the name that go without saying. */
function plainName(name: string): string {
  const text = name
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/(?:\s*:\s*local)+$/, '')
  const parts = text.split('/')
  // A host stands before a namespace only: `registry.ollama.ai/m` is a model of that namespace.
  if (parts.length === 3 && parts[0] === 'registry.ollama.ai') parts.shift()
  if (parts.length === 2 && parts[0] === 'library') parts.shift()
  return parts.join('/')
}

const lastSegment = (name: string) => name.slice(name.lastIndexOf('/') + 1)

/** The one form of a pattern: a name in which `*` stands for any run of characters. */
function normalizePattern(kind: ServiceKind, pattern: string): string {
  if (kind !== 'ollama') return pattern
  return pattern.includes('*') ? plainPattern(pattern) : normalizeModelName(kind, pattern)
}

function plainPattern(pattern: string): string {
  const plain = plainName(pattern)
  return /[:*]/.test(lastSegment(plain)) ? plain : `${plain}:latest`
}

/** Whether a pattern takes in a name; both in their one form. In linear time, whatever they are. */
export function matchesPattern(pattern: string, name: string): boolean {
  if (name === nobodysModel) return false
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === name
  if (name.length < first.length + last.length) return false
  if (!name.startsWith(first) || !name.endsWith(last)) return false
  let at = first.length
  for (const part of rest) {
    const found = name.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  return at <= name.length - last.length
}

/**
 * Whether a model, by its one form, runs at the vendor's, who then gets prompts and the host's
 * identity. LiteLLM may stand before an Ollama.
 */
export function isCloudModel(kind: ServiceKind, name: string): boolean {
  const isOllama = kind === 'ollama' || /^ollama(?:_chat)?\//i.test(name)
  if (!isOllama) return false
  const plain = name
    .replaceAll(/\s/g, '')
    .toLowerCase()
    .replace(/:latest$/, '')
  return /[:-]cloud$/.test(plain)
}

/** What decides which models a principal may use. */
type ModelRights = {
  readonly models: readonly string[]
  readonly roleModels: readonly string[]
  readonly cloudModels: boolean | null
  /** Whose rights count as well. */
  readonly parent?: ModelRights
}

/** Whether the lists of a caller, its own and its role's, both hold a model (in its one form). */
export function isListedFor(rights: ModelRights, kind: ServiceKind, name: string): boolean {
  const isListed = [rights.models, rights.roleModels].every(
    (list) =>
      list.length === 0 ||
      list.some((pattern) => matchesPattern(normalizePattern(kind, pattern), name)),
  )
  return isListed && (rights.parent === undefined || isListedFor(rights.parent, kind, name))
}

/** Whether a caller may use a model, by any of its names. */
export function mayUseModel(rights: ModelRights, kind: ServiceKind, name: string): boolean {
  const normal = normalizeModelName(kind, name)
  if (!isListedFor(rights, kind, normal)) return false
  return !isCloudModel(kind, normal) || mayUseCloud(rights)
}

function mayUseCloud({ cloudModels, parent }: ModelRights): boolean {
  return cloudModels === true && (parent === undefined || mayUseCloud(parent))
}
