import { call, get } from './api.ts'
import { ApiFailure } from './api-failure.ts'
import { shared } from './lib/shared.ts'
import { keepSecondHalf, secondHalf } from './second-half.ts'

export type Role = 'owner' | 'admin' | 'auditor' | 'member'

export type Degraded = { readonly part: string; readonly what: string; readonly remedy: string }

export type SessionView = {
  readonly person: {
    readonly id: string
    readonly name: string
    readonly title: string | null
    /** Null for whoever is of no team. */
    readonly team: string | null
    readonly role: Role
    readonly access: {
      readonly role: string
      readonly services: readonly string[]
      readonly models: readonly string[]
      readonly limits: readonly string[]
    } | null
    readonly logins: readonly { readonly provider: string; readonly subject: string }[]
  }
  readonly session: {
    readonly id: string
    readonly createdAt: string
    readonly authenticatedAt: string
    readonly idleUntil: string
    readonly endsAt: string
  }
  readonly passkeys: number
  /** Empty where there is no team, and within one. */
  readonly teams: readonly string[]
  readonly site: { readonly consoleUrl: string; readonly baseUrl: string; readonly version: string }
  readonly counts: Readonly<Partial<Record<Counted, number>>>
  readonly degraded: readonly Degraded[]
}

/** Things with a number beside them in the navigation. */
export type Counted = 'keys' | 'clients' | 'people' | 'providerKeys' | 'findings' | 'queue'

/** Who is signed in; null before it is known and after signing out. */
export const session = shared<SessionView | null>(null)

/** What does not work now; shown above every page. */
export const degraded = shared<readonly Degraded[]>([])

export type QueueNow = { readonly running: number; readonly waiting: number }

/** How many requests run or wait; null before the first event. */
export const queueNow = shared<QueueNow | null>(null)

/** Reads who is signed in. Returns null where nobody is; throws where that cannot be known. */
export async function loadSession(): Promise<SessionView | null> {
  if (secondHalf() === null) return null
  try {
    session.value = await get<SessionView>('/session')
    degraded.value = session.value.degraded
    return session.value
  } catch (error) {
    if (error instanceof ApiFailure && error.status === 401) return null
    throw error
  }
}

/** Keeps the second half that a sign-in answered, and reads who that is. */
export async function startSession(half: string): Promise<SessionView | null> {
  keepSecondHalf(half)
  return await loadSession()
}

/** Ends the session here and in the API. */
export async function endSession(): Promise<void> {
  await call('DELETE', '/session').catch(() => {})
  keepSecondHalf(null)
  session.value = null
}

/** Whether the person may change what others have: owners and admins. */
export function mayChange(): boolean {
  const role = session.value?.person.role
  return role === 'owner' || role === 'admin'
}

/** Whether the person sees what others have: everybody but members. */
export function seesAll(): boolean {
  const role = session.value?.person.role
  return role !== undefined && role !== 'member'
}

/** Whether the person sees the whole installation, and not a team of it. */
export function seesInstallation(): boolean {
  return seesAll() && session.value?.person.team === null
}

/** The teams among which the person may choose; none while there are none. */
export function teamNames(): readonly string[] {
  return session.value?.teams ?? []
}
