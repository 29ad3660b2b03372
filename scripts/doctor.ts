/**
 * `npm run doctor`: looks at the settings, files and surroundings of this clone, and says what is
 * wrong, where, and how to fix it. It changes nothing, and shows no secret.
 */
import { resolve } from 'node:path'
import { examineAll } from '../gatekeeper/src/operations/doctor/examine-all.ts'
import { readContext } from './doctor/context.ts'
import { examinations } from './doctor/examinations.ts'
import { systemOutside } from './doctor/outside.ts'
import { codeOf, toJson, toLines } from './doctor/report.ts'
import { runProgram } from './frame/run-program.ts'
import { refusePositionals } from './frame/words.ts'

await runProgram<string>({
  name: 'doctor',
  command: {
    summary: `Examines ${examinations.map(({ name }) => name).join(', ')}.`,
    usage: '[--json]',
    options: {},
    help: [
      'Changes nothing, downloads nothing, calls this machine and the configured services only.',
    ],
    run: async (words, root) => {
      refusePositionals(words)
      const context = await readContext(root, process.env, systemOutside)
      const results = await examineAll(context, examinations)
      return { code: codeOf(results), json: toJson(results, root), lines: toLines(results, root) }
    },
  },
  exitCodes: { 0: 'nothing of level error', 1: 'an error was found' },
  open: () => resolve(import.meta.dirname, '..'),
})
