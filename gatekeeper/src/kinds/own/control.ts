import { answeredHere, handedOver, plainJson, rowsIn } from '../row.ts'

const row = rowsIn('bridge')

/** Administration by key. Every row is of the class manage, which only the role admin has. */
export const controlRows = [
  ...row('GET', '/admin/health', 'manage', answeredHere),
  ...row('GET', '/admin/users', 'manage', handedOver),
  ...row('GET', '/admin/users/{+id}', 'manage', handedOver),
  ...row('POST', '/admin/users', 'manage', plainJson, handedOver),
  ...row('PUT', '/admin/users/{+id}/quota', 'manage', plainJson, handedOver),
  ...row('DELETE', '/admin/users/{+id}', 'manage', handedOver),
  ...row('GET', '/admin/ip-rules', 'manage', handedOver),
  ...row('POST', '/admin/ip-rules', 'manage', plainJson, handedOver),
  ...row('DELETE', '/admin/ip-rules/{+id}', 'manage', handedOver),
  ...row('GET', '/admin/audit-logs', 'manage', handedOver),
  ...row('GET', '/admin/audit-logs/stats', 'manage', handedOver),
  ...row('GET', '/admin/audit-logs/failed', 'manage', handedOver),
]
