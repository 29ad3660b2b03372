/**
 * Which key a person means who names one: by its id, the beginning of its id, or wrongly, by the
 * user or by the key itself. Must never repeat what may be a key.
 */
import { hashKey, isKeyId } from '../../gatekeeper/src/api-keys/api-key.ts'
import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { nearestWord } from '../../gatekeeper/src/lib/nearest.ts'
import { hasApiKeyForm } from '../../gatekeeper/src/model/credential-form.ts'
import { hasKeyShape } from '../../gatekeeper/src/model/key-shape.ts'
import { readKeyFile } from '../../gatekeeper/src/operations/keys/key-document.ts'
import { UnknownKeyError } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { showWord, UsageError, type Words } from '../words/words.ts'
import type { Context } from './command.ts'
import { stateOf } from './describe-key.ts'

const prefixCharsMin = 3
const shownMax = 10

type Options = {
  /** A prefix is not enough, since what is done cannot be undone. */
  readonly isWholeId?: boolean
}

/**
 * The key of `keys.json` that the one word of `show ID`, `disable ID` and the like means. Rejects
 * with a UsageError or an UnknownKeyError that names the candidates.
 */
export async function findKey(
  words: Words,
  { file, services, clock }: Context,
  options: Options = {},
): Promise<KeyRecord> {
  const keys = (await readKeyFile(file, services))?.keys ?? []
  return chooseKey(oneWord(words), keys, { now: clock(), ...options })
}

function oneWord({ positionals }: Words): string {
  const [word, ...rest] = positionals
  if (word === undefined) {
    throw new UsageError('the ID of a key is missing; `npm run keys -- list` shows them')
  }
  if (rest.length > 0) throw new UsageError('name one ID at a time')
  return word
}

/** The key that a word means, among these. */
export function chooseKey(
  word: string,
  keys: readonly KeyRecord[],
  { now, isWholeId = false }: Options & { readonly now: number },
): KeyRecord {
  refuseCredential(word, keys)
  const name = word.replace(/^key:/, '').replace(/^gk_([0-9a-z]{1,10})_?$/, '$1')
  const exact = keys.find(({ id }) => id === name)
  if (exact !== undefined) return exact
  const begun = name.length < prefixCharsMin ? [] : keys.filter(({ id }) => id.startsWith(name))
  const owned = keys.filter(({ user }) => user === word)
  const [only] = begun
  if (only !== undefined && begun.length === 1 && owned.length === 0 && !isWholeId) return only
  throw new UnknownKeyError(describe(word, { keys, begun, owned, now }))
}

type Candidates = {
  readonly keys: readonly KeyRecord[]
  readonly begun: readonly KeyRecord[]
  readonly owned: readonly KeyRecord[]
  readonly now: number
}

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

/** A key on a command line stands in the shell's history from now on. */
export function refuseCredential(word: string, keys: readonly KeyRecord[]): void {
  const isLong = hasApiKeyForm(word) && word.length > 'gk_'.length + 11
  const id = /^gk_([0-9a-z]{10})_/.exec(word)?.[1]
  const hash = hashKey(word)
  const found =
    keys.find((key) => key.secrets.some(({ sha256 }) => sha256 === hash)) ??
    keys.find((key) => isLong && key.id === id)
  if (found === undefined && !isLong && !hasKeyShape(word)) return
  const known = found === undefined ? '`npm run keys -- list` shows ids' : `its id is ${found.id}`
  throw new UsageError(
    [
      `this is a whole key or secret, and the id is needed; ${known}.`,
      'It now stands in the history of the shell, and other users of this machine could see it:',
      found !== undefined && !isKeyId(found.id)
        ? 'replace it: npm run keys -- add, then remove this one'
        : `replace it: npm run keys -- rotate ${found?.id ?? 'ID'}`,
    ].join('\n'),
  )
}
