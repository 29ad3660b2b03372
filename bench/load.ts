import type {
  LoadConnection,
  SocketTarget,
  Target,
} from '../gatekeeper/test/slow/support/load-connection.ts'
import { quantile } from './statistics.ts'

export type LoadPlan = {
  readonly kind: 'load'
  readonly target: Target | SocketTarget
  /** The bytes of one request; every request of a slice is the same. */
  readonly request: string
  readonly connections: number
  readonly seconds: number
  /** Time before the measurement, in which connections open and code warms up. */
  readonly warmSeconds: number
  /** The status of an answer that counts; 200 by default. */
  readonly status?: number
}

export type LoadTally = {
  readonly requests: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly failed: number
}

/** Closed loop: every connection has one open request, and sends the next after its answer. */
export async function runSlice(
  connections: readonly LoadConnection[],
  { request, seconds, status = 200 }: Pick<LoadPlan, 'request' | 'seconds' | 'status'>,
): Promise<LoadTally> {
  const tookMs: number[] = []
  let failed = 0
  const startedAt = performance.now()
  const endAt = startedAt + seconds * 1_000
  const work = async (connection: LoadConnection) => {
    let askedAt = performance.now()
    while (askedAt < endAt) {
      const answer = await connection.ask(request)
      const answeredAt = performance.now()
      if (answer?.status === status) tookMs.push(answeredAt - askedAt)
      else failed += 1
      askedAt = answeredAt
    }
  }
  await Promise.all(connections.map(work))
  return {
    requests: tookMs.length,
    seconds: (performance.now() - startedAt) / 1_000,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
    failed,
  }
}
