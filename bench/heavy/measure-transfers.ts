import { setTimeout as sleep } from 'node:timers/promises'
import type { Setup } from '../setup.ts'
import { median } from '../statistics.ts'
import type { TransferRow } from './heavy-report.ts'
import type { TransferPlan, TransferTally } from './transfer.ts'
import { directWays, type Way } from './ways.ts'
import { weigh } from './weigh.ts'

type Plan = Pick<TransferPlan, 'path' | 'body' | 'bytes'> & { readonly name: string }

const downloadBytes = 200_000_000

const plans: readonly Plan[] = [
  { name: 'upload-form', path: '/v1/audio/transcriptions', body: 'form', bytes: 20_000_000 },
  // Ten times as much, to show whether memory grows with it.
  { name: 'upload-form-200', path: '/v1/audio/transcriptions', body: 'form', bytes: 200_000_000 },
  // The gatekeeper holds this body, because a check reads it; the maximum is 32 MiB.
  { name: 'upload-json', path: '/api/chat', body: 'json', bytes: 20_000_000 },
  {
    name: 'download',
    path: '/litellm/v1/audio/speech',
    ...{ body: 'speech', bytes: downloadBytes },
  },
]

/** Large bodies and answers directly at the sockets, ours and the bare relay in turn. */
export async function measureTransfers(setup: Setup, turns: number): Promise<TransferRow[]> {
  const rows: TransferRow[] = []
  for (const plan of plans) {
    const ways = directWays(setup)
    const seen = ways.map((way) => ({ way, turns: [] as Weighed[] }))
    for (let turn = 0; turn < turns; turn += 1) {
      for (const { way, turns: own } of turn % 2 === 0 ? seen : seen.toReversed()) {
        own.push(await runTurn(way, plan, setup))
        await sleep(300)
      }
    }
    rows.push(...seen.map(({ way, turns: own }) => summarise(plan, way, own)))
  }
  return rows
}

type Weighed = Awaited<ReturnType<typeof runTurn>>

function runTurn(way: Way, { name, ...plan }: Plan, { client, keys }: Setup) {
  const entryPoint = way.entryPointFor(plan.path, keys.limited.key)
  return weigh(way.child, () => client.transfer({ ...entryPoint, ...plan }))
}

function summarise(plan: Plan, way: Way, turns: readonly Weighed[]): TransferRow {
  const worst = turns.toSorted((one, other) => growthOf(other) - growthOf(one))[0]
  return {
    name: `${plan.name} ${way.name}`,
    bytes: plan.bytes,
    tookMs: median(turns.map(({ result }) => result.tookMs)),
    failed: turns.filter(({ result }) => !isWhole(plan, result)).length,
    ...(worst?.weight ?? { idleMb: null, peakMb: null, cpuSeconds: null }),
  }
}

const growthOf = ({ weight }: Weighed) => (weight.peakMb ?? 0) - (weight.idleMb ?? 0)

function isWhole({ body, bytes }: Plan, tally: TransferTally): boolean {
  if (tally.status !== 200) return false
  if (body === 'speech') return tally.receivedBytes === bytes
  // The part heads of a form are written again, and a chat is not echoed.
  return body === 'json' || Math.abs((tally.uploadedBytes ?? 0) - bytes) < 1_000
}
