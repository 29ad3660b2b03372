import { kindOf } from '../kinds/kinds.ts'
import { mayUseModel } from '../kinds/model-name.ts'
import { isObject } from '../lib/json/is-object.ts'
import type { Admission } from '../model/admission.ts'
import type { HeldTransform } from './held-transform.ts'

/** Longer than the list of any server with some thousand models. */
const listBytesMax = 8 * 1024 * 1024

/** Returns whether the caller may see a model; `isRemote` if the server says that it is remote. */
type IsVisible = (names: readonly string[], isRemote: boolean) => boolean

/**
 * Reduces a list of models to those that the caller may use. The answer is held until it is
 * complete; an unreadable one throws, and nothing of it is forwarded: it could name forbidden
 * models.
 */
export function createModelFilter(admission: Admission): HeldTransform {
  const chunks: Buffer[] = []
  let length = 0
  const { facts, principal } = admission
  const kind = kindOf(facts)
  const isVisible: IsVisible = (names, isRemote) =>
    names.length > 0 &&
    names.every((name) => mayUseModel(principal, kind, name)) &&
    (!isRemote || principal.cloudModels === true)
  return {
    isHeld: true,
    push: (chunk) => {
      length += chunk.length
      if (length > listBytesMax) throw new UnreadableList()
      chunks.push(chunk)
      return null
    },
    end: () => {
      // The answer to a HEAD has no content, so nothing to hide.
      if (length === 0 && facts.method === 'HEAD') return null
      return Buffer.from(JSON.stringify(filterList(parse(Buffer.concat(chunks)), isVisible)))
    },
  }
}

/** A list in an unknown form. */
export class UnreadableList extends Error {}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw new UnreadableList()
  }
}

const listNames = ['models', 'data']

/**
 * `models` of Ollama, `data` of OpenAI; llama.cpp has both. Everything else in the answer is
 * dropped.
 */
function filterList(value: unknown, isVisible: IsVisible): unknown {
  if (!isObject(value)) throw new UnreadableList()
  const names = listNames.filter((name) => value[name] !== undefined && value[name] !== null)
  if (names.length === 0) throw new UnreadableList()
  const lists = names.map((name) => [name, filterEntries(value[name], isVisible)] as const)
  const kept = typeof value['object'] === 'string' ? { object: value['object'] } : {}
  return { ...kept, ...Object.fromEntries(lists) }
}

function filterEntries(list: unknown, isVisible: IsVisible): unknown[] {
  if (!Array.isArray(list)) throw new UnreadableList()
  return list.filter((entry) => {
    if (!isObject(entry)) throw new UnreadableList()
    const names = ['id', 'name', 'model'].map((name) => entry[name])
    const isRemote = typeof entry['remote_host'] === 'string' && entry['remote_host'] !== ''
    return isVisible(
      names.filter((name) => typeof name === 'string'),
      isRemote,
    )
  })
}
