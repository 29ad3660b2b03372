import { formatTable } from '../../scripts/frame/table.ts'
import { renderTargets } from '../render.ts'
import type { HeavyReport } from './heavy-report.ts'

/** Returns the lines that people read. */
export function renderHeavy(report: HeavyReport): string[] {
  return [
    ...renderEvents(report),
    '',
    ...renderTransfers(report),
    '',
    ...renderRefusals(report),
    '',
    ...renderTargets(report),
    ...faultsOf(report).map((fault) => `NOT VALID: ${fault}`),
  ]
}

/** Returns why the figures of a run are not valid. */
export function faultsOf({ events, transfers, refusals }: HeavyReport): string[] {
  return [
    ...events
      .filter(({ dropped, incomplete }) => dropped + incomplete > 0)
      .map(
        ({ name, dropped, incomplete, faults }) =>
          `${name}: ${dropped} events dropped, ${incomplete} streams broken (${faults.join(', ')})`,
      ),
    ...transfers
      .filter(({ failed }) => failed > 0)
      .map(({ name, failed }) => `${name}: ${failed} times not all bytes came`),
    ...refusals
      .filter(({ failed }) => failed > 0)
      .map(({ name, status, failed }) => `${name}: ${failed} answers were not ${status}`),
  ]
}

function renderEvents({ events }: HeavyReport): string[] {
  const heading = ['streams of 20 events/s', 'number', 'first event p50', 'p99', 'delay p50', 'p99']
  return formatTable([
    [...heading, 'gap added p50', 'p99', 'largest gap', 'as sent', 'dropped', 'memory', 'CPU µs'],
    ...events.map((row) => [
      ...[row.name, whole(row.streams), fine(row.firstEventP50Ms), fine(row.firstEventP99Ms)],
      ...[fine(row.delayP50Ms), fine(row.delayP99Ms), fine(row.addedGapP50Ms)],
      ...[fine(row.addedGapP99Ms), whole(row.largestGapMs), whole(row.largestSentGapMs)],
      ...[whole(row.dropped), `${whole(row.idleMb)} to ${whole(row.peakMb)} MB`],
      row.cpuSeconds === null ? '-' : whole((row.cpuSeconds * 1e6) / row.events),
    ]),
  ])
}

function renderTransfers({ transfers }: HeavyReport): string[] {
  return formatTable([
    ['one request', 'MB', 'ms', 'memory before', 'most', 'above'],
    ...transfers.map(({ name, bytes, tookMs, idleMb, peakMb }) => [
      ...[name, whole(bytes / 1e6), whole(tookMs), `${whole(idleMb)} MB`, `${whole(peakMb)} MB`],
      idleMb === null || peakMb === null ? '-' : `${whole(peakMb - idleMb)} MB`,
    ]),
  ])
}

function renderRefusals({ refusals }: HeavyReport): string[] {
  return formatTable([
    ['at the relay’s socket', 'status', 'per second', 'CPU µs'],
    ...refusals.map((row) => [
      ...[row.name, String(row.status), whole(row.perSecond), whole(row.cpuMicros)],
    ]),
  ])
}

function whole(value: number | null): string {
  return value === null ? '-' : value.toFixed(0)
}

function fine(value: number): string {
  return value.toFixed(1)
}
