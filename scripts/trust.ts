/**
 * `npm run trust`: lets this user's browsers trust the certificates of this installation, which
 * passkeys need. `npm run trust -- --undo` takes that back. Nothing else on the machine changes.
 */
import { homedir } from 'node:os'
import { resolve } from 'node:path'
import { exitCode, ProblemsError } from '../gatekeeper/src/lib/problem.ts'
import { runCommand } from './caddy/run-command.ts'
import { runProgram } from './frame/run-program.ts'
import { readSettingsOf } from './settings/read-settings-of.ts'
import { caFileOf } from './start/wait-until-ready.ts'
import { type Context, trust } from './trust/command.ts'

await runProgram<Context>({
  name: 'trust',
  about: ['Lets the browsers of this user trust the certificates of this installation.'],
  command: trust,
  exitCodes: {
    [exitCode.ok]: 'done',
    [exitCode.no]: 'not done: there is no certificate yet, no store, or a store refused it',
    [exitCode.config]: 'a setting is wrong',
  },
  open: () => {
    const { settings, problems } = readSettingsOf(resolve(import.meta.dirname, '..'), process.env)
    if (problems.length > 0) throw new ProblemsError(problems)
    const machine = { platform: process.platform, home: homedir(), run: runCommand }
    return { machine, caFile: caFileOf(settings) }
  },
})
