import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { openAuditor } from '../gatekeeper/src/audit/auditor.ts'
import type { AuditReport } from './report.ts'

const records = 100_000
/** The number of records in one turn of an event loop under load. */
const perTurn = 50
const waitingMax = 2_000
const event = { isKnown: true, isAllowed: true, isAct: false, reason: '', addressGroup: '' }

/** As long as the fields of real requests. */
const fields = {
  ...{ outcome: 'allow', requestId: 'f3b8a1de-5c57-4e0b-9d34-0a8ab0c7b1e2', point: 'relay' },
  ...{ method: 'POST', path: '/api/chat', service: 'ollama', endpoint: '/api/chat' },
  ...{ clientAddress: '192.168.100.200', principal: 'key:abcde01234', user: 'ada', status: 200 },
  ...{ ended: 'answered', answerBytes: 4321, inputTokens: 120, outputTokens: 340, microUsd: 0 },
  ...{ durationMs: 812.4, class: 'use', userAgent: 'OpenAI/Python 1.99.1', upstreamStatus: 200 },
  model: 'llama3.2:1b',
}

/** Returns how many records of requests one idle process chains and writes in a second. */
export async function measureAudit(): Promise<AuditReport> {
  // The first run compiles the code, and is not counted.
  await measureOnce()
  return await measureOnce()
}

async function measureOnce(): Promise<AuditReport> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-bench-audit-'))
  const rules = { allowed: 'all', sampleOf: 2, required: false, retainDays: 1 } as const
  const deps = { folder, clock: Date.now, sign: () => Promise.resolve(null) }
  const auditor = openAuditor({ ...rules, bytesMax: 1e9 }, deps)
  try {
    const startedAt = performance.now()
    const before = process.cpuUsage()
    for (let at = 0; at < records; at++) {
      auditor.recordDecision(event, () => fields)
      if (at % perTurn === 0) await setImmediate()
      // The queue must not overflow: a dropped record would count as written.
      if (at % waitingMax === 0) await auditor.recordEvent(fields)
    }
    await auditor.close()
    const seconds = (performance.now() - startedAt) / 1000
    const { user, system } = process.cpuUsage(before)
    return { recordsPerSecond: records / seconds, cpuMicros: (user + system) / records }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
