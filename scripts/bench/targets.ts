import type { RowReport, Target } from './report.ts'

export type Measured = {
  readonly rows: readonly RowReport[]
  readonly memory: { readonly gatekeeperIdleMb: number | null }
  readonly startup: { readonly readyMs: number; readonly readyManyKeysMs: number }
  readonly reload: { readonly ratioToTenKeys: number }
}

/** What was asked of a release beside what this run measured. */
export function judgeTargets({ rows, memory, startup, reload }: Measured): Target[] {
  const row = (name: string) => rows.find((candidate) => candidate.name === name)
  const added = (name: string) => row(name)?.addedP50Ms ?? Number.NaN
  const loadMs = startup.readyManyKeysMs - startup.readyMs
  return [
    atLeast('check-key: throughput beside null', 0.92, row('check-key')?.ratioToNull),
    atMost('check-key: added p50 beside that of null', 1.3, added('check-key') / added('null')),
    atLeast('relay: throughput beside bare-relay', 0.8, row('relay')?.ratioToNull),
    // "No slower", and what two medians of the same thing differ by on a shared machine.
    atMost('a request with 100,000 keys beside one with 10', 1.05, reload.ratioToTenKeys),
    atMost('100,000 keys loaded, beside 10 (ms)', 500, loadMs),
    // "Around 90" and "about 0.4 s", with a tenth of room.
    atMost('idle gatekeeper, resident (MB)', 99, memory.gatekeeperIdleMb),
    atMost('gatekeeper ready (ms)', 440, startup.readyMs),
  ]
}

type Value = number | null | undefined

function atLeast(what: string, bound: number, value: Value): Target {
  return judge(what, `>= ${bound}`, { value, isMet: (known) => known >= bound })
}

function atMost(what: string, bound: number, value: Value): Target {
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
