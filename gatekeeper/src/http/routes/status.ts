import type { Principal } from '../../policy/principal.ts'

/** K10: what `/status` tells a caller of itself. */
export function describeCaller(principal: Principal) {
  return {
    id: principal.id.replace(/^key:/, ''),
    user: principal.user,
    role: principal.role,
    services: principal.services,
    models: principal.models,
    expiresAt: principal.expiresAt === null ? null : new Date(principal.expiresAt).toISOString(),
    limits: [],
  }
}
