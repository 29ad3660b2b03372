import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { askGatekeeper } from '../../gatekeeper/src/operations/ask-gatekeeper.ts'
import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import type { Command } from '../frame/program.ts'
import type { Terminal } from '../frame/terminal.ts'

export type Context = Installation & Terminal

export type VaultCommand = Command<Context>

/** The vault could not do it. The message has a line with what to do. */
export class VaultError extends Error {
  override readonly name = 'VaultError'
  readonly code: number

  constructor(message: string, code: number = exitCode.unavailable) {
    super(message)
    this.code = code
  }
}

/** Asks the running gatekeeper for an act of the vault. Rejects with a VaultError. */
export async function askVault<Answer>(
  act: 'ensure' | 'rotate' | 'verify' | 'rewrap',
  { commandListen }: Context,
): Promise<Answer> {
  const answer = await askGatekeeper(commandListen, `/vault/${act}`).catch(
    ({ code }: NodeJS.ErrnoException) => {
      throw new VaultError(
        `no gatekeeper answers (${code}), and only the gatekeeper can open the vault\nStart it (npm start), then run this again.`,
      )
    },
  )
  if (answer.status === 200) return answer.document as Answer
  const { what, remedy } = answer.document as { readonly what?: string; readonly remedy?: string }
  throw new VaultError(`${what ?? 'the gatekeeper could not do it'}\n${remedy ?? 'See its log.'}`)
}
