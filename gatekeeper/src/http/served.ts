import type { Forwarded } from '../upstreams/exchange.ts'
import type { End } from './outcomes/read-report.ts'

/** How an admitted request was served. */
export type Served = Forwarded & {
  /** What refused, where a reason is; `upstream` where nothing else is said. */
  readonly check?: string
  /** Tells later how the answer ended, where Caddy carries it; null if that stays unknown. */
  readonly whenEnded?: (tell: (end: End | null) => void) => void
}
