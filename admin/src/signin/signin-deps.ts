import type { ApiDeps } from '../api/api-deps.ts'
import { ApiError } from '../api/api-error.ts'
import type { Call } from '../api/endpoint.ts'
import { type Attempts, createAttempts } from './attempts.ts'
import { createFailureRecords, type FailureRecords } from './failure-records.ts'
import { createProviderClients, type ProviderClient } from './providers/provider-client.ts'

/** What all ways to sign in share. */
export type SigninParts = {
  readonly attempts: Attempts
  readonly failureRecords: FailureRecords
  /** By the names of their providers. */
  readonly clients: ReadonlyMap<string, ProviderClient>
}

/** What signing in works with. */
export type SigninDeps = SigninParts &
  Pick<ApiDeps, 'store' | 'clock' | 'settings' | 'people' | 'installation'>

/** Returns the shared parts. No provider is asked before the first sign-in there. */
export function createSigninParts({
  settings,
  clock,
}: Pick<ApiDeps, 'settings' | 'clock'>): SigninParts {
  return {
    attempts: createAttempts(clock),
    failureRecords: createFailureRecords(clock),
    clients: createProviderClients(settings),
  }
}

/** The parts of a call that a sign-in looks at. */
export type SigninCall = Pick<
  Call<unknown, unknown, unknown>,
  'record' | 'clientAddress' | 'userAgent'
>

/** Thrown where a sign-in fails. Why is on record, and never in the answer. */
export function signInFailed(): ApiError {
  return new ApiError('sign_in_failed', 'That did not sign you in.')
}
