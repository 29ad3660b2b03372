/** What a person is shown once: links and codes in admin.db, which lives beside the audit. */
import { existsSync } from 'node:fs'
import {
  type AdminStore,
  adminStorePath,
  openAdminStore,
} from '../../admin/src/store/admin-store.ts'
import {
  createInvitation,
  type Invited,
  invitationLink,
} from '../../admin/src/store/invitations.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import type { Report } from '../frame/program.ts'
import type { Context } from './context.ts'

/** Runs `use` with admin.db, which is made if there is none, and closes it. */
export async function useAdminStore<Result>(
  { stateDir }: Pick<Context, 'stateDir'>,
  use: (store: AdminStore) => Promise<Result>,
): Promise<Result> {
  const store = await openAdminStore(adminStorePath(stateDir))
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

/** The same where there may be no admin.db, which is not made then; null without one. */
export async function useExistingStore<Result>(
  context: Pick<Context, 'stateDir'>,
  use: (store: AdminStore) => Promise<Result>,
): Promise<Result | null> {
  if (!existsSync(adminStorePath(context.stateDir))) return null
  return await useAdminStore(context, use)
}

/** Whom a link is for, without what every link of the command line has. */
export type LinkFor = Omit<Invited, 'invitedBy'>

/** Makes a link, which is recorded before. Earlier links for the name end. */
export async function makeLink(
  wanted: LinkFor,
  context: Pick<Context, 'record' | 'stateDir' | 'clock' | 'settings'>,
): Promise<{ readonly link: string; readonly expiresAt: number }> {
  const { kind, name, role, person, team = null } = wanted
  const act = { event: 'person.invited', kind, user: name, role, ...(team !== null && { team }) }
  await context.record([{ ...act, ...(person !== null && { person }) }])
  const { code, expiresAt } = await useAdminStore(context, (store) =>
    createInvitation(store, { ...wanted, invitedBy: 'command' }, context.clock()),
  )
  return { link: invitationLink(context.settings.console.origin, code), expiresAt }
}

/** Makes a link and reports it. */
export async function reportLink(wanted: LinkFor, context: Context): Promise<Report> {
  const { kind, name, role } = wanted
  const { link, expiresAt } = await makeLink(wanted, context)
  return {
    json: { name, role, kind, link, expiresAt: formatInstant(expiresAt) },
    lines: [link],
    notes: [
      `For ${name}, once, until ${formatInstant(expiresAt).slice(11, 16)} UTC. Whoever opens it becomes ${name}.`,
      'Earlier links for this name have ended.',
    ],
  }
}
