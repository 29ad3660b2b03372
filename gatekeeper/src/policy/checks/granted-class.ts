import type { Check } from '../../model/decision.ts'
import type { EndpointClass } from '../../model/endpoint.ts'
import { namedCaller, type Role, roles } from '../../model/principal.ts'
import { ofLineage } from '../written-places.ts'

/** readonly reads, readwrite uses as well, admin manages as well. */
const classesOf: Readonly<Record<Role, readonly EndpointClass[]>> = {
  readonly: ['open', 'read'],
  readwrite: ['open', 'read', 'use'],
  admin: ['open', 'read', 'use', 'manage'],
}

/** Refuses an endpoint whose class the caller's role does not include. */
export const grantedClass: Check = {
  name: 'granted-class',
  examine: ({ facts, principal }) => {
    const needed = facts.endpoint?.class ?? 'never'
    if (principal.kind === 'anonymous') {
      const isGranted = needed === 'open' || facts.endpoint?.isPublic === true
      return isGranted ? null : 'class-not-granted'
    }
    return classesOf[principal.role].includes(needed) ? null : 'class-not-granted'
  },
  describe: ({ facts, principal }) => {
    const needed = roles.find((role) => classesOf[role].includes(facts.endpoint?.class ?? 'never'))
    if (needed === undefined || principal.kind === 'anonymous') return null
    const who = namedCaller(principal)
    const text = `${facts.method} needs the role ${needed} here, and ${who} has the role ${principal.role}.`
    return { text, param: null }
  },
  written: ({ principal }) => ofLineage(principal, 'role'),
}
