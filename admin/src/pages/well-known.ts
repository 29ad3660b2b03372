import type { Clock } from '../../../gatekeeper/src/lib/clock.ts'
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'

const yearMs = 365 * 86_400_000

/**
 * Returns the well-known documents of the console's site: a text, or a path to which it leads. Faults
 * of the program are reported as its SECURITY.md says (RFC 9116); there are no passwords, so what a
 * password program finds is the page of passkeys.
 */
export function wellKnownOf(origin: string, clock: Clock): Readonly<Record<string, string>> {
  const text = [
    '# This is an installation of Gatekeeper: tell whoever runs it.',
    '# How to report faults of the program itself: SECURITY.md of its sources.',
    `Contact: ${origin}/`,
    // It is made at each start, and a process does not run for a year.
    `Expires: ${formatInstant(clock() + yearMs)}`,
    'Preferred-Languages: en',
    `Canonical: ${origin}/.well-known/security.txt`,
    '',
  ].join('\n')
  return { '/.well-known/security.txt': text, '/.well-known/change-password': '/settings' }
}
