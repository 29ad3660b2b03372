/**
 * `npm run people -- COMMAND`: the data of users of keys and of apps, and the review of rights. Each
 * command is a file in scripts/people; what they do is in gatekeeper/src/operations/people.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { UnknownPersonError } from '../gatekeeper/src/operations/people/find-person.ts'
import { explainWriting, writingExitCodes } from './frame/explain-writing.ts'
import type { Output } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { createTerminal } from './frame/terminal.ts'
import { review } from './keys/review.ts'
import type { Context } from './people/context.ts'
import { erase } from './people/erase.ts'
import { exportData } from './people/export.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

await runProgram<Context>({
  name: 'people',
  commands: { review, export: exportData, erase },
  exitCodes: { 0: 'done', 1: 'nothing is stored about the name', ...writingExitCodes },
  open,
  explain: (error) => {
    if (!(error instanceof UnknownPersonError)) return explainWriting(error)
    return { code: exitCode.no, name: 'unknown', lines: [error.message] }
  },
})

function open(output: Output): Context {
  // npm runs scripts in the folder of package.json, and passes on where the person was.
  const base = process.env['INIT_CWD'] ?? process.cwd()
  return { ...openCloneInstallation(), ...createTerminal(), ...output, base }
}
