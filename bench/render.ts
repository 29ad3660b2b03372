import { formatTable } from '../scripts/frame/table.ts'
import type { Report, RowReport, StreamReport, StreamRow } from './report.ts'

/** Returns the lines that people read. */
export function renderReport(report: Report): string[] {
  const rows = report.rows.filter((row): row is RowReport => row.rps32 !== null)
  const streams = report.rows.flatMap((row) => (isStream(row) ? [row.stream] : []))
  return [
    ...renderRows(rows),
    ...report.gaps.map(({ name, why }) => `gap: ${name}: ${why}`),
    '',
    ...renderStreams(streams),
    '',
    ...renderSingles(report),
    '',
    ...renderTargets(report),
    ...rows
      .filter(({ failed }) => failed > 0)
      .map(
        ({ name, failed }) => `NOT VALID: ${name}: ${failed} requests were not answered with 200`,
      ),
    ...streams
      .filter(({ incomplete }) => incomplete > 0)
      .map(({ name, incomplete }) => `NOT VALID: ${name}: ${incomplete} streams broke`),
  ]
}

function isStream(row: RowReport | StreamRow): row is StreamRow {
  return row.rps32 === null
}

function renderRows(rows: readonly RowReport[]): string[] {
  const heading = ['row', 'req/s (32)', 'range', 'p50 ms (1)', 'added p50', 'added p99']
  return formatTable([
    [...heading, 'to caddy', 'to its baseline', 'CPU µs'],
    ...rows.map((row) => [
      row.name,
      whole(row.rps32),
      row.rps32Range.map(whole).join('-'),
      fine(row.p50Ms1),
      fine(row.addedP50Ms),
      fine(row.addedP99Ms),
      coarse(row.ratioToCaddy),
      `${coarse(row.ratioToNull)} ${row.nullRow}`,
      row.cpuMicros === null ? '-' : whole(row.cpuMicros),
    ]),
  ])
}

function renderStreams(streams: readonly StreamReport[]): string[] {
  const heading = ['streams', 'number', 'events/s', 'first event p50', 'p99', 'delay p50', 'p99']
  return formatTable([
    [...heading, 'largest gap', 'as sent'],
    ...streams.map((stream) => [
      stream.name,
      whole(stream.streams),
      whole(stream.eventsPerSecond),
      `${fine(stream.firstEventP50Ms)} ms`,
      fine(stream.firstEventP99Ms),
      `${fine(stream.delayP50Ms)} ms`,
      fine(stream.delayP99Ms),
      `${whole(stream.largestGapMs)} ms`,
      `${whole(stream.largestSentGapMs)} ms`,
    ]),
  ])
}

function renderSingles({ memory, startup, reload, audit }: Report): string[] {
  const mb = (value: number | null) => (value === null ? '-' : `${whole(value)} MB`)
  const range = (values: readonly [number, number]) => values.map(whole).join('-')
  return [
    `memory   gatekeeper ${mb(memory.gatekeeperIdleMb)} idle, ${mb(memory.gatekeeperLoadedMb)} \
after load; Caddy ${mb(memory.caddyIdleMb)} idle; a bare node:http ${mb(memory.bareNodeIdleMb)}`,
    `startup  ready after ${whole(startup.readyMs)} ms (${range(startup.readyMsRange)}), with \
100,000 keys ${whole(startup.readyManyKeysMs)} ms; an empty Node ${whole(startup.bareNodeMs)} ms`,
    `reload   ${whole(reload.keys)} keys (${whole(reload.fileMb)} MB) in force after \
${whole(reload.inForceMs)} ms (${range(reload.inForceMsRange)}), slowest request meanwhile \
${whole(reload.slowestRequestMs)} ms; a request takes ${coarse(reload.ratioToTenKeys)} of one \
with 10 keys (${fine(reload.requestMs)} ms)`,
    `audit    ${whole(audit.recordsPerSecond)} records a second, with nothing else to do; \
${coarse(audit.cpuMicros)} µs of CPU each`,
  ]
}

/** Returns the targets beside what was measured. */
export function renderTargets({ targets }: Pick<Report, 'targets'>): string[] {
  const verdict = (isMet: boolean | null) => (isMet === null ? 'unknown' : isMet ? 'met' : 'MISSED')
  return formatTable([
    ['target', 'wanted', 'measured', ''],
    ...targets.map(({ what, wanted, measured, isMet }) => [
      what,
      wanted,
      measured === null ? '-' : measured < 10 ? coarse(measured) : whole(measured),
      verdict(isMet),
    ]),
  ])
}

function whole(value: number): string {
  return value.toFixed(0)
}

function coarse(value: number): string {
  return value.toFixed(3)
}

function fine(value: number): string {
  return value.toFixed(2)
}
