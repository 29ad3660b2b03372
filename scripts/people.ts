/**
 * `npm run people -- COMMAND`: the people of the console, the data of users of keys and of apps, and
 * the review of rights. What the commands do is in gatekeeper/src/operations/people.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { UnknownPersonError } from '../gatekeeper/src/operations/people/find-person.ts'
import { PeopleError } from '../gatekeeper/src/operations/people/people-writer.ts'
import { explainWriting, writingExitCodes } from './frame/explain-writing.ts'
import type { Output } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { createTerminal } from './frame/terminal.ts'
import { review } from './keys/review.ts'
import { access, disable, enable, role, team } from './people/change.ts'
import { code } from './people/code.ts'
import type { Context } from './people/context.ts'
import { erase } from './people/erase.ts'
import { exportData } from './people/export.ts'
import { invite } from './people/invite.ts'
import { list } from './people/list.ts'
import { move } from './people/move.ts'
import { reset } from './people/reset.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

await runProgram<Context>({
  name: 'people',
  commands: {
    ...{ invite, list, disable, enable, role, team, access, reset, code, move },
    ...{ review, export: exportData, erase },
  },
  exitCodes: {
    0: 'done',
    1: 'there is no such person or name, or the change is not possible',
    ...writingExitCodes,
  },
  open,
  explain: (error) => {
    if (error instanceof UnknownPersonError) {
      return { code: exitCode.no, name: 'unknown', lines: [error.message] }
    }
    if (!(error instanceof PeopleError)) return explainWriting(error)
    return { code: exitCode.no, name: error.code, lines: [error.message] }
  },
})

function open(output: Output): Context {
  // npm runs scripts in the folder of package.json, and passes on where the person was.
  const base = process.env['INIT_CWD'] ?? process.cwd()
  return { ...openCloneInstallation(), ...createTerminal(), ...output, base }
}
