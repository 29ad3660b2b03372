/**
 * Revoked tokens and clients (RFC 7009), in a file of the state folder that every gatekeeper
 * follows. A revocation takes effect everywhere within two seconds and survives restarts; if it
 * cannot be written, nothing is revoked and the caller gets an error.
 */
import { join } from 'node:path'
import type { Clock } from '../lib/clock.ts'
import { changeFile } from '../lib/files/change-file.ts'
import { followFile } from '../lib/files/follow-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import { createEndedSubjects } from './ended-subjects.ts'
import type { TokenIdentity } from './token-claims.ts'

/** `tokens`: expiry of each revoked token, by issuer and id. Instants are epoch ms. */
type Revoked = {
  readonly tokens: Readonly<Record<string, number>>
  /** Tokens of a client (by issuer and id) that were issued before the instant are revoked. */
  readonly clients: Readonly<Record<string, number>>
  /**
   * Tokens of an app's user (`APP:USER`) that were issued before the instant have ended; `APP:` is
   * for all users of the app.
   */
  readonly subjects: Readonly<Record<string, number>>
}

export type Revocations = {
  readonly isRevoked: (token: TokenIdentity) => boolean
  /** Revokes one token by its `jti`. Rejects if it cannot be made durable. */
  readonly revokeToken: (token: {
    issuer: string
    tokenId: string
    expiresAt: number
  }) => Promise<void>
  /** Revokes every token that the client of this issuer holds now. */
  readonly revokeClient: (client: { issuer: string; clientId: string }) => Promise<void>
  /** Whether all tokens of the subject of this time were ended, by its app's user. */
  readonly isEnded: (token: { subject: string; issuedAt: number | null }) => boolean
  /**
   * Ends every token that an app's user (`APP:USER`) holds now, at once. Resolves when that is
   * durable, within about a second; rejects if it cannot be made so, and holds until the restart.
   */
  readonly endSubject: (subject: string) => Promise<void>
  /** Changes with each revocation, for holders of things that may be revoked. */
  readonly version: () => number
  /** Why the newest revocations may not be in effect; empty if they are. */
  readonly problems: () => readonly Problem[]
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type RevocationDeps = {
  readonly path: string
  readonly clock: Clock
  readonly timers?: Timers
}

export function revocationsPath(stateDir: string): string {
  return join(stateDir, 'revocations.json')
}

const none: Revoked = { tokens: {}, clients: {}, subjects: {} }

/** Follows the file. Rejects with a ProblemsError if it is invalid at the start. */
export async function openRevocations(deps: RevocationDeps): Promise<Revocations> {
  const { path } = deps
  const followed = await followFile<Revoked>({
    path,
    interpret: (text) => interpret(text, path),
    absent: (last = none) => {
      // If the file is deleted while the service runs, revoked tokens must stay revoked.
      if (last === none) return none
      throw new ProblemsError([{ source: path, what: 'was deleted', remedy }])
    },
    unreadable: (code) => ({ source: path, what: `cannot be read (${code})`, remedy }),
    timers: deps.timers,
  })
  const change = async (add: (revoked: Revoked) => Revoked) => {
    followed.adopt(await write(deps, add))
    // So that the follower knows the content if the file is deleted later.
    await followed.reload()
  }
  const ended = createEndedSubjects({
    stored: () => followed.current().subjects,
    write: (add) => change(({ subjects, ...rest }) => ({ ...rest, subjects: add(subjects) })),
    clock: deps.clock,
    timers: deps.timers ?? systemTimers,
  })
  return {
    isEnded: ended.isEnded,
    endSubject: ended.end,
    isRevoked: (token) => isRevoked(followed.current(), token),
    revokeToken: ({ issuer, tokenId, expiresAt }) =>
      change(({ tokens, ...rest }) => ({
        ...rest,
        tokens: { ...tokens, [tokenKey(issuer, tokenId)]: expiresAt },
      })),
    revokeClient: ({ issuer, clientId }) =>
      change(({ clients, ...rest }) => ({
        ...rest,
        // Up to and including this millisecond.
        clients: { ...clients, [tokenKey(issuer, clientId)]: deps.clock() + 1 },
      })),
    version: () => followed.version() + ended.version(),
    problems: followed.problems,
    reload: followed.reload,
    close: followed.close,
  }
}

/** One text for both names: neither can contain a NUL. */
function tokenKey(issuer: string, tokenId: string): string {
  return `${issuer}\0${tokenId}`
}

function isRevoked(revoked: Revoked, token: TokenIdentity): boolean {
  const { issuer, tokenId, clientId, issuedAt } = token
  if (tokenId !== null && Object.hasOwn(revoked.tokens, tokenKey(issuer, tokenId))) return true
  // Another issuer may have a different client with the same id.
  const client = clientId === null ? null : tokenKey(issuer, clientId)
  if (client === null || !Object.hasOwn(revoked.clients, client)) return false
  // A token without `iat` counts as issued before. `iat` has whole seconds: a token of the same
  // second may be newer, but is still refused.
  const before = revoked.clients[client] ?? Number.POSITIVE_INFINITY
  return issuedAt === null || issuedAt < before
}

async function write(deps: RevocationDeps, add: (revoked: Revoked) => Revoked): Promise<Revoked> {
  const { revoked } = await changeFile(deps.path, (text) => {
    const before = parse(text)
    // Writing would replace an unreadable file by one with missing entries.
    if (before === null) throw new Error(`${deps.path} is not valid`)
    const { tokens, clients, subjects } = add(before)
    const now = deps.clock()
    const live = Object.entries(tokens).filter(([, expiresAt]) => expiresAt > now)
    const revoked = { tokens: Object.fromEntries(live), clients, subjects }
    return { revoked, text: `${JSON.stringify(toContent(revoked))}\n` }
  })
  return revoked
}

/** The lowest version that can say it: a reader of version 1 would accept tokens that have ended. */
function toContent({ subjects, ...rest }: Revoked) {
  const isOld = Object.keys(subjects).length === 0
  return isOld ? { version: 1, ...rest } : { version: 2, ...rest, subjects }
}

const remedy = 'Restore it from a backup. Without it, revoked tokens would be accepted again.'

function interpret(text: string, source: string): Revoked {
  const revoked = parse(text)
  if (revoked !== null) return revoked
  throw new ProblemsError([{ source, what: 'is not a list of revoked tokens', remedy }])
}

/** Returns null if the text is something else; a missing text is an empty list. */
function parse(text: string | null): Revoked | null {
  if (text === null) return none
  try {
    const { version, tokens, clients, subjects = {} } = JSON.parse(text) as Record<string, unknown>
    if (version !== 1 && version !== 2) return null
    const isWhole = isInstants(tokens) && isInstants(clients) && isInstants(subjects)
    return isWhole ? { tokens, clients, subjects } : null
  } catch {
    return null
  }
}

function isInstants(value: unknown): value is Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((at) => typeof at === 'number' && Number.isFinite(at))
}
