import type { Target } from '../report.ts'
import { atLeast, atMost } from '../targets.ts'
import type { EventsRow, HeavyReport, RefusalRow, TransferRow } from './heavy-report.ts'

type Measured = Pick<HeavyReport, 'events' | 'transfers' | 'refusals'>

/** MB that the garbage collector may leave during 200 MB; holding the body would take all of it. */
const constantMb = 64

/** Compares the measurements with the targets. */
export function judgeHeavy({ events, transfers, refusals }: Measured): Target[] {
  const accepted = refusals.find(({ name }) => name === 'accepted, with limits')
  return [
    atMost('events dropped, and streams broken', 0, sumOf(events)),
    ...['upload-form-200', 'download'].map((name) => judgeMemory(name, transfers)),
    ...refusals
      .filter(({ status }) => status !== 200)
      .flatMap((row) => judgeRefusal(row, accepted)),
  ]
}

function sumOf(events: readonly EventsRow[]): number {
  return events.reduce((sum, { dropped, incomplete }) => sum + dropped + incomplete, 0)
}

function judgeMemory(name: string, transfers: readonly TransferRow[]): Target {
  const grown = transfers.find((row) => row.name === `${name} relay`)
  const growth = grown?.peakMb == null || grown.idleMb === null ? null : grown.peakMb - grown.idleMb
  return atMost(`${name}, of 200 MB: memory above idle (MB)`, constantMb, growth)
}

function judgeRefusal(row: RefusalRow, accepted: RefusalRow | undefined): Target[] {
  const cpu = (row.cpuMicros ?? Number.NaN) / (accepted?.cpuMicros ?? Number.NaN)
  const times = row.perSecond / (accepted?.perSecond ?? Number.NaN)
  return [
    atMost(`${row.name}: CPU time beside an accepted request`, 0.1, cpu),
    // Not a target: this figure is for comparison only.
    atLeast(`${row.name}: refused per accepted in a second`, 1, times),
  ]
}
