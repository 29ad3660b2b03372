import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EventsPlan, EventsTally } from './heavy/events.ts'
import type { TransferPlan, TransferTally } from './heavy/transfer.ts'
import type { LoadPlan, LoadTally } from './load.ts'
import type { StreamRecord } from './report.ts'
import type { StreamPlan } from './streams.ts'

/** The process that makes all load, one plan at a time. */
export type BenchClient = {
  readonly load: (plan: Omit<LoadPlan, 'kind'>) => Promise<LoadTally>
  readonly stream: (plan: Omit<StreamPlan, 'kind'>) => Promise<StreamRecord[]>
  readonly events: (plan: Omit<EventsPlan, 'kind'>) => Promise<EventsTally>
  readonly transfer: (plan: Omit<TransferPlan, 'kind'>) => Promise<TransferTally>
  readonly stop: () => Promise<void>
}

type Reply = { readonly result?: unknown; readonly error?: string }

export function startClient(): BenchClient {
  const child = fork(fileURLToPath(import.meta.resolve('./programs/client.ts')))
  const ended = once(child, 'exit')
  const ask = async (plan: LoadPlan | StreamPlan | EventsPlan | TransferPlan): Promise<unknown> => {
    const replied = once(child, 'message') as Promise<[Reply]>
    child.send(plan)
    const died = ended.then(() => [{ error: 'the client ended' }] as [Reply])
    const [reply] = await Promise.race([replied, died])
    if (reply.error !== undefined) throw new Error(`the client: ${reply.error}`)
    return reply.result
  }
  return {
    load: (plan) => ask({ ...plan, kind: 'load' }) as Promise<LoadTally>,
    stream: (plan) => ask({ ...plan, kind: 'stream' }) as Promise<StreamRecord[]>,
    events: (plan) => ask({ ...plan, kind: 'events' }) as Promise<EventsTally>,
    transfer: (plan) => ask({ ...plan, kind: 'transfer' }) as Promise<TransferTally>,
    stop: async () => {
      if (child.connected) child.disconnect()
      await ended
    },
  }
}
