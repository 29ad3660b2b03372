import { handedOver, rowsIn } from '../row.ts'

const row = rowsIn('bridge')

/**
 * Reports about calls. They are open to every valid principal: each sees its own calls, and only an
 * administrator those of others, which the admin process decides by the principal's services.
 */
export const analyticsRows = [
  ...row('GET', '/analytics/overview', 'open', handedOver),
  ...row('GET', '/analytics/costs', 'open', handedOver),
  ...row('GET', '/analytics/errors', 'open', handedOver),
  ...row('GET', '/analytics/my-stats', 'open', handedOver),
  ...row('GET', '/analytics/user/{+id}', 'open', handedOver),
]
