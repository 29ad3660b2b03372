import { hashKey } from '../../api-keys/api-key.ts'
import type { KeyRecord } from '../../api-keys/key-record.ts'
import { hasApiKeyForm } from '../../model/credential-form.ts'
import { hasKeyShape } from '../../model/key-shape.ts'

const prefixCharsMin = 3

/** The keys that a person may have meant by a word that is not the id of a key. */
export type KeyCandidates = {
  /** Keys whose id begins with the word. */
  readonly begun: readonly KeyRecord[]
  /** Keys of the user with that name. */
  readonly owned: readonly KeyRecord[]
}

/**
 * Returns the key with this id, or the only one whose id begins with it. With `isWholeId` the whole
 * id is required. Returns the candidates if there is no such key.
 */
export function chooseKey(
  word: string,
  keys: readonly KeyRecord[],
  { isWholeId = false }: { readonly isWholeId?: boolean } = {},
): { readonly key: KeyRecord } | KeyCandidates {
  const name = word.replace(/^key:/, '').replace(/^gk_([0-9a-z]{1,10})_?$/, '$1')
  const exact = keys.find(({ id }) => id === name)
  if (exact !== undefined) return { key: exact }
  const begun = name.length < prefixCharsMin ? [] : keys.filter(({ id }) => id.startsWith(name))
  const owned = keys.filter(({ user }) => user === word)
  const [only] = begun
  const isChosen = begun.length === 1 && owned.length === 0 && !isWholeId
  return only !== undefined && isChosen ? { key: only } : { begun, owned }
}

/** Returns null for a word that is not a credential, else its key, if any. */
export function recogniseCredential(
  word: string,
  keys: readonly KeyRecord[],
): { readonly key: KeyRecord | null } | null {
  const isWhole = hasApiKeyForm(word) && word.length > 'gk_'.length + 11
  const id = /^gk_([0-9a-z]{10})_/.exec(word)?.[1]
  const hash = hashKey(word)
  const key =
    keys.find(({ secrets }) => secrets.some(({ sha256 }) => sha256 === hash)) ??
    keys.find((one) => isWhole && one.id === id)
  if (key !== undefined) return { key }
  return isWhole || hasKeyShape(word) ? { key: null } : null
}
