/**
 * `npm run audit -- COMMAND`: reads what was recorded, and verifies that it is unchanged. Each command
 * is a file in scripts/audit. Nothing here writes to the audit.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import type { AuditContext } from './audit/context.ts'
import { exportHeads } from './audit/export.ts'
import { query } from './audit/query.ts'
import { report } from './audit/report.ts'
import { tail } from './audit/tail.ts'
import { verify } from './audit/verify.ts'
import type { Failure, Output } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

await runProgram<AuditContext>({
  name: 'audit',
  about: ['What was recorded, and whether it is unchanged. Works while the gatekeeper runs.'],
  commands: { verify, tail, query, report, export: exportHeads },
  exitCodes: {
    0: 'done; nothing is wrong',
    1: 'verify: something was changed; query: nothing was found',
    69: 'files cannot be read',
    78: 'a setting, or a file that was named, is wrong',
  },
  open,
  explain: explainFailure,
})

function open(output: Output): AuditContext {
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort())
  return {
    ...openCloneInstallation(),
    ...output,
    // npm runs scripts in the folder of package.json, and passes on where the person was.
    base: process.env['INIT_CWD'] ?? process.cwd(),
    stopped: stopping.signal,
  }
}

function explainFailure(error: unknown): Failure | null {
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (syscall === undefined) return null
  const line = `${path ?? 'a file'}: ${code} (${syscall})`
  return { code: exitCode.unavailable, name: 'cannot_read', lines: [line] }
}
