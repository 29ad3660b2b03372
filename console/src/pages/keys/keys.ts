/** Keys as the API shows them, and what pages say about them. */
import { withQuery } from '../../api.ts'
import type { Limit } from '../../parts/limit-bar.tsx'
import type { Tone } from '../../parts/tag.tsx'
import { mayChange, session } from '../../session.ts'

export type Key = {
  readonly id: string
  readonly user: string
  readonly role: string
  readonly services: readonly string[]
  readonly unknownServices: readonly string[]
  readonly description: string | null
  readonly tags: readonly string[]
  readonly state: 'active' | 'rotating' | 'disabled' | 'expired'
  readonly isExpiring: boolean
  readonly isUnused: boolean
  readonly disabled: boolean
  readonly madeBy: string | null
  readonly madeByName: string | null
  readonly team: string | null
  /** Why the person who made it stops it. */
  readonly makerProblem: 'gone' | 'disabled' | 'no-access' | null
  readonly createdAt: string | null
  readonly expiresAt: string | null
  readonly noExpiryReason: string | null
  readonly lastUsedAt: string | null
  readonly models: readonly string[]
  readonly addresses: readonly string[]
  readonly origins: readonly string[]
  readonly limits: readonly Limit[]
  readonly cloudModels: boolean | null
  readonly caps: Readonly<Record<string, number | null>>
  readonly weight: number | null
  readonly rotation: { readonly oldUntil: string | null } | null
}

/** A key with its secret: in the answer that made it, and nowhere else. */
export type MadeKey = Key & { readonly key: string; readonly oldWorksUntil?: string | null }

export type Route = {
  readonly host: string | null
  readonly prefix: string
  readonly strip: boolean
}

export type ServiceChoice = {
  readonly name: string
  readonly kind: string
  readonly isProvider: boolean
  readonly routes: readonly Route[]
  readonly isUsable: boolean
}

/** What a key of this person can have. */
export type Choices = {
  readonly services: readonly ServiceChoice[]
  readonly roles: readonly string[]
}

/** Members of the address that narrow the list. */
export const keyFilters = ['state', 'user', 'service', 'tag', 'team'] as const

/** What a key is called: its user, and its id where that says more. */
export function keyName({ user, description }: Pick<Key, 'user' | 'description'>): string {
  return description === null ? user : `${user}, ${description}`
}

/** The id as people see it. */
export function shortId(id: string): string {
  return id.startsWith('plain-') ? id : `gk_${id.slice(0, 4)}…`
}

const makerWords = {
  gone: 'maker gone',
  disabled: 'maker disabled',
  'no-access': 'maker without access',
} as const

/** The one word for the state of a key, with its tone. */
export function stateOf(key: Key): { readonly word: string; readonly tone: Tone } {
  if (key.state === 'disabled') return { word: 'disabled', tone: 'bad' }
  if (key.state === 'expired') return { word: 'expired', tone: 'bad' }
  if (key.makerProblem !== null) return { word: makerWords[key.makerProblem], tone: 'bad' }
  const isReached = key.limits.some(({ used, limit }) => used !== null && used >= limit)
  if (isReached) return { word: 'limit reached', tone: 'warn' }
  if (key.state === 'rotating') return { word: 'rotating', tone: 'plain' }
  if (key.isExpiring) return { word: 'expiring', tone: 'warn' }
  return key.isUnused ? { word: 'unused', tone: 'plain' } : { word: 'active', tone: 'good' }
}

/** Whether the person may change a key that they see. */
export function mayChangeKey(): boolean {
  return session.value?.person.role !== 'auditor'
}

/** Only owners and admins enable a key: somebody may have disabled it because its secret is known. */
export function mayEnable(): boolean {
  return mayChange()
}

/** Draws an id for a new key: ten characters, each as likely as the others. */
export function drawKeyId(): string {
  const letters = '0123456789abcdefghijklmnopqrstuvwxyz'
  // Bytes above the last multiple of 36 would make some characters more likely.
  const most = 252
  let id = ''
  while (id.length < 10) {
    for (const byte of crypto.getRandomValues(new Uint8Array(16))) {
      if (byte < most && id.length < 10) id += letters[byte % 36]
    }
  }
  return id
}

/** The page that explains a request of the key. */
export function explainPath({ id }: Pick<Key, 'id'>): string {
  return withQuery('/explain', { key: id })
}
