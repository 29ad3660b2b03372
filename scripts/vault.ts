/**
 * `npm run vault -- COMMAND`: keys of providers' accounts, sealed at rest. Commands seal with the
 * public half of the vault's key; only the running gatekeeper opens. Each command is a file in
 * scripts/vault.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { UnknownProviderKeyError } from '../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { explainWriting, writingExitCodes } from './frame/explain-writing.ts'
import type { Failure } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { createTerminal } from './frame/terminal.ts'
import { openCloneInstallation } from './settings/open-installation.ts'
import { type Context, VaultError } from './vault/context.ts'
import { list } from './vault/list.ts'
import { remove } from './vault/remove.ts'
import { rewrap } from './vault/rewrap.ts'
import { rotate } from './vault/rotate.ts'
import { set } from './vault/set.ts'
import { verify } from './vault/verify.ts'

await runProgram<Context>({
  name: 'vault',
  commands: { set, list, rotate, rewrap, verify, remove },
  exitCodes: {
    0: 'done',
    1: 'no such key; a row does not open, or has changed meanwhile',
    69: 'the gatekeeper does not run, or could not do it',
    ...writingExitCodes,
  },
  open: () => ({ ...openCloneInstallation(), ...createTerminal() }),
  explain: explainFailure,
})

function explainFailure(error: unknown): Failure | null {
  const { message } = error as Error
  const lines = `${message}`.split('\n')
  if (error instanceof UnknownProviderKeyError) {
    return { code: exitCode.no, name: 'unknown_key', lines }
  }
  if (error instanceof VaultError) return { code: error.code, name: 'vault', lines }
  return explainWriting(error)
}
