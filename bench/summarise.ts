import type { RowReport, RowSample, StreamRecord, StreamReport, StreamRow } from './report.ts'
import { median, medianDifference, medianRatio, quantile, rangeOf } from './statistics.ts'

type Named = { readonly name: string; readonly what: string; readonly nullRow: string }

/** Returns medians over the rounds. Every row must have been measured in the same rounds. */
export function summariseRows(
  plans: readonly Named[],
  samples: ReadonlyMap<string, readonly RowSample[]>,
): RowReport[] {
  const of = (row: string, member: 'rps32' | 'p50Ms1' | 'p99Ms1') =>
    (samples.get(row) ?? []).map((sample) => sample[member])
  return plans.map(({ name, what, nullRow }) => ({
    ...{ name, what, nullRow },
    rps32: median(of(name, 'rps32')),
    rps32Range: rangeOf(of(name, 'rps32')),
    p50Ms1: median(of(name, 'p50Ms1')),
    p99Ms1: median(of(name, 'p99Ms1')),
    addedP50Ms: medianDifference(of(name, 'p50Ms1'), of('caddy', 'p50Ms1')),
    addedP99Ms: medianDifference(of(name, 'p99Ms1'), of('caddy', 'p99Ms1')),
    ratioToCaddy: medianRatio(of(name, 'rps32'), of('caddy', 'rps32')),
    ratioToNull: medianRatio(of(name, 'rps32'), of(nullRow, 'rps32')),
    cpuMicros: medianOfKnown((samples.get(name) ?? []).map((sample) => sample.cpuMicros)),
    failed: (samples.get(name) ?? []).reduce((sum, sample) => sum + sample.failed, 0),
  }))
}

function medianOfKnown(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : median(known)
}

export function summariseStreams(
  name: string,
  records: readonly StreamRecord[],
  eventsPerSecond: number,
): StreamReport {
  const firsts = records.flatMap(({ askedAt, events: [first] }) =>
    first === undefined ? [] : [first.readAt - askedAt],
  )
  const delays = records.flatMap(({ events }) => events.map((event) => event.readAt - event.sentAt))
  const gaps = (member: 'readAt' | 'sentAt') =>
    records.flatMap(({ events }) =>
      events.slice(1).map((event, at) => event[member] - (events[at]?.[member] ?? Number.NaN)),
    )
  return {
    ...{ name, streams: records.length, eventsPerSecond },
    incomplete: records.filter(({ isComplete }) => !isComplete).length,
    firstEventP50Ms: quantile(firsts, 0.5),
    firstEventP99Ms: quantile(firsts, 0.99),
    delayP50Ms: quantile(delays, 0.5),
    delayP99Ms: quantile(delays, 0.99),
    largestGapMs: quantile(gaps('readAt'), 1),
    largestSentGapMs: quantile(gaps('sentAt'), 1),
  }
}

/** Returns the stream as a row of the table. */
export function toStreamRow(stream: StreamReport): StreamRow {
  return {
    name: stream.name,
    ...{ rps32: null, p50Ms1: null, addedP50Ms: null, addedP99Ms: null },
    ...{ ratioToCaddy: null, ratioToNull: null, stream },
  }
}
