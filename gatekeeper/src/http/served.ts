import type { Forwarded } from '../upstreams/exchange.ts'
import type { End } from './outcomes/read-report.ts'

/** How an admitted request was served. */
export type Served = Forwarded & {
  /** Which check refused, if there is a reason; `upstream` if left out. */
  readonly check?: string
  /** Calls `tell` later with how Caddy's answer ended; with null if that stays unknown. */
  readonly whenEnded?: (tell: (end: End | null) => void) => void
}
