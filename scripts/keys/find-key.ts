/**
 * Finds the key that a person names: by its id, by the beginning of its id, or wrongly by the user or
 * the key itself. Must never repeat what may be a key.
 */
import { isKeyId } from '../../gatekeeper/src/api-keys/api-key.ts'
import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { nearestWord } from '../../gatekeeper/src/lib/nearest.ts'
import {
  chooseKey,
  type KeyCandidates,
  recogniseCredential,
} from '../../gatekeeper/src/operations/keys/choose-key.ts'
import { stateOf } from '../../gatekeeper/src/operations/keys/key-view.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { readKeys } from '../../gatekeeper/src/operations/keys/read-keys.ts'
import { showWord, UsageError, type Words } from '../frame/words.ts'
import type { Context } from './context.ts'

const shownMax = 10

type Options = {
  /** The beginning of an id is not enough for what cannot be undone. */
  readonly isWholeId?: boolean
}

/**
 * Returns the key of `keys.json` that the one word of `show ID`, `disable ID` and the like means.
 * Rejects with a UsageError or an UnknownKeyError that names the candidates.
 */
export async function findKey(
  words: Words,
  context: Context,
  options: Options = {},
): Promise<KeyRecord> {
  const [word, ...rest] = words.positionals
  if (word === undefined) {
    throw new UsageError('the ID of a key is missing; `npm run keys -- list` shows them')
  }
  if (rest.length > 0) throw new UsageError('name one ID at a time')
  return requireKey(word, await readKeys(context), { now: context.clock(), ...options })
}

/** Returns the key that a word means, among these; throws as `findKey` rejects. */
export function requireKey(
  word: string,
  keys: readonly KeyRecord[],
  { now, isWholeId = false }: Options & { readonly now: number },
): KeyRecord {
  refuseCredential(word, keys)
  const chosen = chooseKey(word, keys, { isWholeId })
  if ('key' in chosen) return chosen.key
  throw new UnknownKeyError(describe(word, { keys, now, ...chosen }))
}

type Candidates = KeyCandidates & { readonly keys: readonly KeyRecord[]; readonly now: number }

function describe(word: string, { keys, begun, owned, now }: Candidates): string {
  const shown = showWord(word)
  const list = (found: readonly KeyRecord[]) => [
    ...found.slice(0, shownMax).map((key) => `  ${describeCandidate(key, now)}`),
    ...(found.length > shownMax ? [`  and ${found.length - shownMax} more`] : []),
  ]
  if (owned.length > 0) {
    const head = `there is no key ${shown}; keys of user ${shown}:`
    return [head, ...list(owned)].join('\n')
  }
  if (begun.length > 1) return [`${shown} begins several ids:`, ...list(begun)].join('\n')
  if (begun.length === 1) return [`the whole id is needed here:`, ...list(begun)].join('\n')
  const near = nearestWord(
    word,
    keys.flatMap(({ id, user }) => [id, user]),
  )
  const meant = near === null ? '' : ` (did you mean ${near}?)`
  const what = `there is no key with the id ${shown}${meant}`
  return `${what}; \`npm run keys -- list\` shows the ids`
}

function describeCandidate(key: KeyRecord, now: number): string {
  const services = [...key.services, ...key.unknownServices].join(', ') || 'no services'
  const description = key.description === null ? '' : `: ${key.description}`
  const text = `${key.id}  user ${key.user}, ${services}, ${stateOf(key, now)}${description}`
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '?')
}

/** Throws a UsageError for a credential: it stands in the history of the shell from now on. */
export function refuseCredential(word: string, keys: readonly KeyRecord[]): void {
  const recognised = recogniseCredential(word, keys)
  if (recognised === null) return
  const { key } = recognised
  const known = key === null ? '`npm run keys -- list` shows ids' : `its id is ${key.id}`
  throw new UsageError(
    [
      `this is a whole key or secret, and the id is needed; ${known}.`,
      'It now stands in the history of the shell, and other users of this machine could see it:',
      key !== null && !isKeyId(key.id)
        ? 'replace it: npm run keys -- add, then remove this one'
        : `replace it: npm run keys -- rotate ${key?.id ?? 'ID'}`,
    ].join('\n'),
  )
}
