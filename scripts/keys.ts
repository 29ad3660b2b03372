/**
 * `npm run keys -- COMMAND`: makes, shows, changes and explains API keys, clients and tokens. Each
 * command is a file in scripts/keys; what they do is in gatekeeper/src/operations. The service
 * applies every change within two seconds.
 */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { ClientIdError } from '../gatekeeper/src/operations/clients/client-writer.ts'
import { UnknownKeyError } from '../gatekeeper/src/operations/keys/key-writer.ts'
import { explainWriting, writingExitCodes } from './frame/explain-writing.ts'
import type { Failure } from './frame/program.ts'
import { runProgram } from './frame/run-program.ts'
import { createTerminal } from './frame/terminal.ts'
import { add } from './keys/add.ts'
import { disable, enable, remove } from './keys/change.ts'
import { client } from './keys/client.ts'
import type { Context } from './keys/context.ts'
import { edit } from './keys/edit.ts'
import { explainToken } from './keys/explain-token.ts'
import { importKeys } from './keys/import.ts'
import { list } from './keys/list.ts'
import { moveIssuer } from './keys/move-issuer.ts'
import { review } from './keys/review.ts'
import { revokeToken } from './keys/revoke-token.ts'
import { rotate } from './keys/rotate.ts'
import { rotateSigning } from './keys/rotate-signing.ts'
import { show } from './keys/show.ts'
import { token } from './keys/token.ts'
import { verify } from './keys/verify.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

await runProgram<Context>({
  name: 'keys',
  commands: {
    add,
    list,
    show,
    edit,
    rotate,
    disable,
    enable,
    remove,
    import: importKeys,
    verify,
    review,
    client,
    token,
    'explain-token': explainToken,
    'revoke-token': revokeToken,
    'rotate-signing': rotateSigning,
    'move-issuer': moveIssuer,
  },
  aliases: { generate: 'add', validate: 'verify' },
  exitCodes: {
    0: 'done',
    1: 'no such id; the key or token does not verify; an import refused keys',
    ...writingExitCodes,
  },
  open: () => ({ ...openCloneInstallation(), ...createTerminal() }),
  explain: explainFailure,
})

function explainFailure(error: unknown): Failure | null {
  const lines = `${(error as Error).message}`.split('\n')
  if (error instanceof ClientIdError) return { code: exitCode.no, name: 'client', lines }
  if (error instanceof UnknownKeyError) return { code: exitCode.no, name: 'unknown_key', lines }
  return explainWriting(error)
}
