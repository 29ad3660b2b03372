/**
 * `npm run rules -- COMMAND`: adds, lists and removes rules about client addresses. The commands
 * are in scripts/rules; what they do is in gatekeeper/src/operations/rules. The service applies every
 * change within two seconds.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import type { Installation } from '../gatekeeper/src/operations/installation.ts'
import { RuleError } from '../gatekeeper/src/operations/rules/rule-writer.ts'
import { explainWriting, writingExitCodes } from './frame/explain-writing.ts'
import { runProgram } from './frame/run-program.ts'
import { add, list, remove } from './rules/commands.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

await runProgram<Installation>({
  name: 'rules',
  about: ['Rules about client addresses, for every request, for an app or for a user.'],
  commands: { add, list, remove },
  exitCodes: { 0: 'done', 1: 'no such rule, or there are too many', ...writingExitCodes },
  open: openCloneInstallation,
  explain: (error) => {
    if (!(error instanceof RuleError)) return explainWriting(error)
    return { code: exitCode.no, name: 'rule', lines: [error.message] }
  },
})
