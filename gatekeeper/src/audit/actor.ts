import { hostname, userInfo } from 'node:os'

/**
 * The person who acts, as far as the system knows: in containers there may be a number and no name.
 */
export type Actor = {
  readonly user: string | null
  readonly uid: number | null
  readonly pid: number
  readonly host: string
}

export function describeActor(): Actor {
  return {
    user: readName(),
    uid: process.getuid?.() ?? null,
    pid: process.pid,
    host: hostname(),
  }
}

function readName(): string | null {
  try {
    return userInfo().username
  } catch {
    return null
  }
}
