import { cpus, loadavg } from 'node:os'
import type { Caddy } from '../scripts/caddy/find-caddy.ts'
import type { Report } from './report.ts'

/** Describes the machine, without which figures mean nothing. */
export function describeMachine(caddy: Caddy): Report['machine'] {
  const [first, ...others] = cpus()
  return {
    ...{ cpu: first?.model ?? 'unknown', cpus: others.length + 1 },
    // Above 0 other programs were running too, and the figures are worse.
    loadAverageAtStart: Number((loadavg()[0] ?? 0).toFixed(2)),
    ...{ platform: `${process.platform} ${process.arch}`, node: process.versions.node },
    caddy: caddy.version,
  }
}
