/**
 * One-time links: the set-up link, invitations, and links after lost passkeys. A link has a code of
 * 256 random bits in its fragment, which is stored as a hash, works once, and lives 15 minutes. The
 * page changes the code for a ticket first, so that a link that was opened once is of no more use.
 */
import type { Selectable } from 'kysely'
import type { PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { AdminStore } from './admin-store.ts'
import { createId } from './ids.ts'
import { createSecret, isSecret } from './secrets.ts'
import { sha256Of } from './sessions.ts'
import type { InvitationRow } from './tables.ts'

export const invitationMs = 15 * 60_000

type Queries = Pick<AdminStore, 'queries'>

/**
 * Whom a link is for. `setup` makes the first owner, `invite` a new person, `reset` gives an existing
 * person a new passkey.
 */
export type Invited = {
  readonly kind: InvitationRow['kind']
  /** The id of an existing person; null makes the person when the link is used. */
  readonly person: string | null
  readonly name: string
  readonly title: string | null
  /** The team of the person; null or left out for none. */
  readonly team?: string | null
  readonly role: PersonRole
  /** As `people.json` has it; null gives no service. */
  readonly access: object | null
  /** `person:ID`, or `command`. */
  readonly invitedBy: string
}

export type NewInvitation = {
  readonly id: string
  /** Shown once. */
  readonly code: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/**
 * Makes a link's code. Every earlier code for the same name ends, and a set-up link ends all earlier
 * set-up links.
 */
export async function createInvitation(
  { queries }: Queries,
  invited: Invited,
  now: number,
): Promise<NewInvitation> {
  const code = createSecret()
  const made = { id: createId(), code, expiresAt: now + invitationMs }
  await queries.transaction().execute(async (within) => {
    await within
      .deleteFrom('invitations')
      .where((row) =>
        row.or([
          row('name', '=', invited.name),
          row('expires_at', '<=', now),
          ...(invited.kind === 'setup' ? [row('kind', '=', 'setup' as const)] : []),
        ]),
      )
      .execute()
    await within
      .insertInto('invitations')
      .values({
        id: made.id,
        kind: invited.kind,
        code_sha256: sha256Of(code),
        ticket_sha256: null,
        person: invited.person,
        name: invited.name,
        title: invited.title,
        team: invited.team ?? null,
        role: invited.role,
        access: invited.access === null ? null : JSON.stringify(invited.access),
        invited_by: invited.invitedBy,
        created_at: now,
        expires_at: made.expiresAt,
        used_at: null,
      })
      .execute()
  })
  return made
}

/** The link of a code at the console: the code is in the fragment, which no server and no log sees. */
export function invitationLink(consoleOrigin: string, code: string): string {
  return `${consoleOrigin}/welcome#${code}`
}

export type Invitation = Selectable<InvitationRow>

/** Returns the links that may still be used, newest first. */
export async function openInvitations({ queries }: Queries, now: number): Promise<Invitation[]> {
  return await queries
    .selectFrom('invitations')
    .selectAll()
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('created_at', 'desc')
    .execute()
}

/** Ends a link that is meant; returns it, or null if there is none. */
export async function endInvitation(
  { queries }: Queries,
  id: string,
  isMeant: (invitation: Invitation) => boolean = () => true,
): Promise<Invitation | null> {
  const found = queries.selectFrom('invitations').selectAll().where('id', '=', id)
  // A link never changes its team, so nothing can happen between the look and the end.
  const invitation = await found.executeTakeFirst()
  if (invitation === undefined || !isMeant(invitation)) return null
  const ended = queries.deleteFrom('invitations').where('id', '=', id).returningAll()
  return (await ended.executeTakeFirst()) ?? null
}

/**
 * Changes the code of a link for a ticket, once. Returns null for a code that is unknown, used or
 * too old.
 */
export async function redeemCode(
  { queries }: Queries,
  code: string,
  now: number,
): Promise<{ readonly invitation: Invitation; readonly ticket: string } | null> {
  if (!isSecret(code)) return null
  const ticket = createSecret()
  const invitation = await queries
    .updateTable('invitations')
    .set({ ticket_sha256: sha256Of(ticket) })
    .where('code_sha256', '=', sha256Of(code))
    .where('ticket_sha256', 'is', null)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
  return invitation === undefined ? null : { invitation, ticket }
}

/** Returns the link of a ticket, or null if it was used or is too old. */
export async function findByTicket(
  { queries }: Queries,
  ticket: string,
  now: number,
): Promise<Invitation | null> {
  if (!isSecret(ticket)) return null
  const found = queries
    .selectFrom('invitations')
    .selectAll()
    .where('ticket_sha256', '=', sha256Of(ticket))
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
  return (await found.executeTakeFirst()) ?? null
}

/** Marks a link as used. Returns false if another call was first, or it was ended meanwhile. */
export async function useInvitation(
  { queries }: Queries,
  id: string,
  now: number,
): Promise<boolean> {
  const used = await queries
    .updateTable('invitations')
    .set({ used_at: now })
    .where('id', '=', id)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returning('id')
    .executeTakeFirst()
  return used !== undefined
}
