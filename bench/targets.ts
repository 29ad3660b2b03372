import type { RowReport, Target } from './report.ts'

export type Measured = {
  readonly rows: readonly RowReport[]
  readonly memory: { readonly gatekeeperIdleMb: number | null }
  readonly startup: { readonly readyMs: number; readonly readyManyKeysMs: number }
  readonly reload: { readonly ratioToTenKeys: number }
  readonly audit: { readonly cpuMicros: number }
}

/** Compares this run with the targets for a release. */
export function judgeTargets({ rows, memory, startup, reload, audit }: Measured): Target[] {
  const row = (name: string) => rows.find((candidate) => candidate.name === name)
  const added = (name: string) => row(name)?.addedP50Ms ?? Number.NaN
  const rate = (name: string) => row(name)?.rps32 ?? Number.NaN
  // Two rows differ by more than this between rounds; a single record can be measured.
  const auditShare = audit.cpuMicros / (row('check-key')?.cpuMicros ?? Number.NaN)
  const loadMs = startup.readyManyKeysMs - startup.readyMs
  return [
    atLeast('check-key: throughput beside null', 0.92, row('check-key')?.ratioToNull),
    atLeast('check-jwt: throughput beside null', 0.92, row('check-jwt')?.ratioToNull),
    atMost('check-key: added p50 beside that of null', 1.3, added('check-key') / added('null')),
    atLeast('relay: throughput beside bare-relay', 0.8, row('relay')?.ratioToNull),
    atLeast('relay-limited: throughput beside bare-relay', 0.75, row('relay-limited')?.ratioToNull),
    atLeast('bridge: throughput beside relay-openai', 0.95, row('bridge')?.ratioToNull),
    atLeast('bridge-proxy: throughput beside relay-openai', 0.9, row('bridge-proxy')?.ratioToNull),
    ...peerBounds
      .filter(({ peer }) => row(peer) !== undefined)
      .map(({ peer, bound }) => {
        const times = rate('relay-openai-limited') / rate(peer)
        return atLeast(`relay-openai-limited: times the throughput of ${peer}`, bound, times)
      }),
    // "No slower", plus the difference of two medians of the same thing on a shared machine.
    atMost('a request with 100,000 keys beside one with 10', 1.05, reload.ratioToTenKeys),
    atMost('100,000 keys loaded, beside 10 (ms)', 500, loadMs),
    // "Around 90" and "about 0.4 s", plus a tenth.
    atMost('idle gatekeeper, resident (MB)', 99, memory.gatekeeperIdleMb),
    atMost('gatekeeper ready (ms)', 440, startup.readyMs),
    atMost('check-key: share of its CPU time that its record takes', 0.03, auditShare),
  ]
}

/** How many times as many requests as these relays we must answer. */
const peerBounds = [
  { peer: 'portkey', bound: 3 },
  { peer: 'litellm', bound: 10 },
] as const

type Value = number | null | undefined

export function atLeast(what: string, bound: number, value: Value): Target {
  return judge(what, `>= ${bound}`, { value, isMet: (known) => known >= bound })
}

export function atMost(what: string, bound: number, value: Value): Target {
  return judge(what, `<= ${bound}`, { value, isMet: (known) => known <= bound })
}

function judge(
  what: string,
  wanted: string,
  { value, isMet }: { value: Value; isMet: (known: number) => boolean },
): Target {
  const measured = Number.isFinite(value) ? (value as number) : null
  return { what, wanted, measured, isMet: measured === null ? null : isMet(measured) }
}
