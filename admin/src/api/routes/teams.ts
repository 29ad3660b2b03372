/** What a caller may say about the team of a thing. */
import { ApiError } from '../api-error.ts'
import type { Caller } from '../caller.ts'
import { type Owned, scopeOf, teamOfNew } from '../scope.ts'

/** Returns the team of something new, or throws an ApiError if the caller may not choose this one. */
export function requireTeam(caller: Caller, wanted: string | null | undefined): string | null {
  const team = teamOfNew(caller, scopeOf(caller), wanted)
  if (team !== undefined) return team
  throw refused(caller)
}

/** Throws an ApiError if a change moves a thing to another team and the caller may not do that. */
export function requireTeamKept(
  caller: Caller,
  { team = null }: Owned,
  body: { readonly team?: string | null | undefined },
): void {
  if (body.team === undefined || body.team === team || scopeOf(caller).changesAll) return
  throw refused(caller)
}

const refused = ({ team }: Caller) =>
  new ApiError('role', 'Only an owner or admin of no team says of which team something is.', {
    problems: [
      { path: 'team', message: team === null ? 'is not for you to say' : `must be ${team}` },
    ],
  })
