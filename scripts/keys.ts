/**
 * `npm run keys -- COMMAND`: makes, shows, changes and explains API keys, clients and tokens. Each
 * command is a file in scripts/keys; what they do is in gatekeeper/src/operations. The service
 * applies every change within two seconds.
 */
import { LockHeldError } from '../gatekeeper/src/lib/files/lock-file.ts'
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { UnrecordedError } from '../gatekeeper/src/operations/audit/record-acts.ts'
import { ClientIdError } from '../gatekeeper/src/operations/clients/client-writer.ts'
import { UnknownKeyError } from '../gatekeeper/src/operations/keys/key-writer.ts'
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
    client,
    token,
    'explain-token': explainToken,
    'revoke-token': revokeToken,
    'rotate-signing': rotateSigning,
  },
  aliases: { generate: 'add', validate: 'verify' },
  exitCodes: {
    0: 'done',
    1: 'no such id; the key or token does not verify; an import refused keys',
    73: 'the file cannot be written',
    75: 'another process holds the lock: try again',
    78: 'a setting or a file is broken; nothing was changed',
  },
  open: () => ({ ...openCloneInstallation(), ...createTerminal() }),
  explain: explainFailure,
})

function explainFailure(error: unknown): Failure | null {
  const { message, code, path, syscall } = error as NodeJS.ErrnoException
  const lines = `${message}`.split('\n')
  if (error instanceof ClientIdError) return { code: exitCode.no, name: 'client', lines }
  if (error instanceof UnknownKeyError) return { code: exitCode.no, name: 'unknown_key', lines }
  if (error instanceof LockHeldError) return { code: exitCode.tryAgain, name: 'locked', lines }
  if (error instanceof UnrecordedError) {
    return { code: exitCode.cannotCreate, name: 'cannot_record', lines }
  }
  if (syscall === undefined) return null
  const what = `${path ?? 'the file'}: ${code} (${syscall})`
  const access = [what, ...explainAccess(code)]
  return { code: exitCode.cannotCreate, name: 'cannot_write', lines: access }
}

/** In containers the folder mostly belongs to the person who cloned, and the process to another user. */
function explainAccess(code: string | undefined): string[] {
  const uid = process.getuid?.()
  if (uid === undefined || (code !== 'EACCES' && code !== 'EPERM')) return []
  return [
    `this runs as uid ${uid}, which may not write there: give it the folder (chown -R ${uid} keys),`,
    "or, in containers, run as the folder's owner: GATEKEEPER_UID in .env, then up -d --build",
  ]
}
