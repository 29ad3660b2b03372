import { LoadConnection, type Target } from './load-connection.ts'
import { createLoadCount, type LoadTally } from './load-count.ts'

/** A caller of a load: its credential, and the identity for the application; null: it is bad. */
export type Caller = { readonly credential: string | null; readonly user: string | null }

export type LoadPlan = {
  readonly target: Target
  /** The prefix of the application, such as `/tts`. */
  readonly prefix: string
  readonly callers: readonly Caller[]
  readonly connections: number
  /** The load ends after this many requests or seconds, whichever is first. */
  readonly requestsMax: number
  readonly secondsMax: number
}

/** Each request has a number of its own in its path, which the application must give back. */
export async function runLoad(plan: LoadPlan): Promise<LoadTally> {
  const count = createLoadCount()
  const startedAt = performance.now()
  const endAt = startedAt + plan.secondsMax * 1_000
  let sent = 0
  const work = async (connection: LoadConnection): Promise<void> => {
    while (sent < plan.requestsMax && performance.now() < endAt) {
      sent += 1
      const [number, caller] = [sent, pick(plan.callers)]
      const askedAt = performance.now()
      const answer = await connection.ask(toRequest(`${plan.prefix}/${number}`, caller))
      count.add({ number, caller, answer, tookMs: performance.now() - askedAt })
    }
    connection.close()
  }
  const connections = Array.from(
    { length: plan.connections },
    () => new LoadConnection(plan.target),
  )
  await Promise.all(connections.map(work))
  return count.read((performance.now() - startedAt) / 1_000)
}

function pick(callers: readonly Caller[]): Caller {
  const caller = callers[Math.floor(Math.random() * callers.length)]
  if (caller === undefined) throw new Error('a load needs callers')
  return caller
}

function toRequest(path: string, { credential }: Caller): string {
  const authorization = credential === null ? '' : `Authorization: Bearer ${credential}\r\n`
  return `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n`
}
