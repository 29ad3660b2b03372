import { nobodysModel } from '../model/endpoint.ts'
import type { Kind, ModelNames } from '../model/kind.ts'

/** How most servers understand names: a name is what it is. */
const plainNames: ModelNames = {
  normalize: (name) => name,
  normalizePattern: (pattern) => pattern,
  // LiteLLM may stand before an Ollama.
  isCloud: (name) => /^ollama(?:_chat)?\//i.test(name) && isCloudName(name),
}

const namesOf = ({ modelNames = plainNames }: Kind): ModelNames => modelNames

/** Returns the one form of a model's many names. */
export function normalizeModelName(kind: Kind, name: string): string {
  return name === nobodysModel ? name : namesOf(kind).normalize(name)
}

/** Whether a name matches a pattern, both in their one form. Takes linear time. */
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

/** Whether Ollama's vendor runs a model of this name, and gets the prompts and the host's identity. */
export function isCloudName(name: string): boolean {
  const plain = name
    .replaceAll(/\s/g, '')
    .toLowerCase()
    .replace(/:latest$/, '')
  return /[:-]cloud$/.test(plain)
}

/** Whether a model, by its one form, runs at the vendor's. */
export function isCloudModel(kind: Kind, name: string): boolean {
  return namesOf(kind).isCloud(name)
}

/** The rights of a principal to models. */
type ModelRights = {
  readonly models: readonly string[]
  readonly roleModels: readonly string[]
  readonly teamModels?: readonly string[]
  readonly cloudModels: boolean | null
  /** The caller that it acts for, whose rights count too. */
  readonly parent?: ModelRights
}

/** Whether the lists of a caller, its own, its role's and its team's, all hold a model (in its one form). */
export function isListedFor(rights: ModelRights, kind: Kind, name: string): boolean {
  const isListed = [rights.models, rights.roleModels, rights.teamModels ?? []].every(
    (list) =>
      list.length === 0 ||
      list.some((pattern) => matchesPattern(namesOf(kind).normalizePattern(pattern), name)),
  )
  return isListed && (rights.parent === undefined || isListedFor(rights.parent, kind, name))
}

/** Whether a caller may use a model, by any of its names. */
export function mayUseModel(rights: ModelRights, kind: Kind, name: string): boolean {
  const normal = normalizeModelName(kind, name)
  if (!isListedFor(rights, kind, normal)) return false
  return !isCloudModel(kind, normal) || mayUseCloud(rights)
}

function mayUseCloud({ cloudModels, parent }: ModelRights): boolean {
  return cloudModels === true && (parent === undefined || mayUseCloud(parent))
}
