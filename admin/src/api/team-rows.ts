/**
 * The rows that a caller of a team may call. Each of them judges what it shows and changes by the
 * scope. Every other row is about the whole installation, and is not there for such a caller, so that
 * a row that nobody thought of is closed.
 */
import type { Endpoint } from './endpoint.ts'

/** Rows that only show or change what is the caller's own. */
const ownRows: readonly string[] = [
  ...['GET /session', 'DELETE /session', 'GET /signins', 'DELETE /sessions', 'GET /key-choices'],
  ...['GET /passkeys', 'POST /passkeys/begin', 'POST /passkeys/finish'],
  ...['PATCH /passkeys/:id', 'DELETE /passkeys/:id'],
  ...['POST /step-up/begin', 'POST /step-up/finish'],
]

/** Rows that show or change things of a team. */
const scopedRows: readonly string[] = [
  ...['GET /keys', 'GET /keys/:id', 'PUT /keys/:id', 'PATCH /keys/:id', 'DELETE /keys/:id'],
  ...['POST /keys/:id/rotate', 'POST /keys/disable'],
  ...['GET /clients', 'GET /clients/:id', 'PUT /clients/:id', 'PATCH /clients/:id'],
  ...['DELETE /clients/:id', 'POST /clients/:id/rotate'],
  ...['GET /users', 'GET /users/:id', 'PUT /users/:id', 'PATCH /users/:id', 'DELETE /users/:id'],
  ...['GET /people', 'GET /people/:id', 'PATCH /people/:id', 'DELETE /people/:id'],
  ...['GET /people/:id/keys', 'POST /people/:id/reset'],
  ...['GET /invitations', 'POST /invitations', 'DELETE /invitations/:id'],
  ...['GET /provider-keys', 'PUT /provider-keys/:provider', 'DELETE /provider-keys/:provider'],
  ...['GET /split-keys', 'DELETE /split-keys/:id'],
  ...['GET /sessions', 'DELETE /sessions/:id'],
  ...['GET /usage', 'GET /usage/requests', 'GET /usage/export', 'GET /overview', 'GET /events'],
  ...['GET /audit', 'GET /audit/export'],
  ...['POST /explain', 'GET /queue', 'GET /playground/models', 'POST /playground/chat'],
]

const reach = new Map([
  ...ownRows.map((name) => [name, 'own'] as const),
  ...scopedRows.map((name) => [name, 'team'] as const),
])

/**
 * Returns how far a row reaches for a caller of a team: to things of the team, to the caller's own, or
 * nowhere, because it is about the whole installation.
 */
export function reachOf({
  method,
  path,
  roles,
}: Pick<Endpoint, 'method' | 'path' | 'roles'>): 'team' | 'own' | 'none' {
  return reach.get(`${method} ${path}`) ?? (roles === 'open' ? 'own' : 'none')
}
