import { add } from './add.ts'
import { disable, enable, remove } from './change.ts'
import { client } from './client.ts'
import type { Command } from './command.ts'
import { edit } from './edit.ts'
import { explainToken } from './explain-token.ts'
import { importKeys } from './import.ts'
import { list } from './list.ts'
import { revokeToken } from './revoke-token.ts'
import { rotate } from './rotate.ts'
import { rotateSigning } from './rotate-signing.ts'
import { show } from './show.ts'
import { token } from './token.ts'
import { verify } from './verify.ts'

/** Every command by its name, in the order of the help. */
export const commands = {
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
} as const satisfies Readonly<Record<string, Command>>

/** Names that older set-ups used. */
export const commandAliases: Readonly<Record<string, keyof typeof commands>> = {
  generate: 'add',
  validate: 'verify',
}

export const commandNames = [...Object.keys(commands), ...Object.keys(commandAliases)]

export function findCommand(name: string): { name: string; command: Command } | null {
  const own = commandAliases[name] ?? name
  return Object.hasOwn(commands, own)
    ? { name: own, command: commands[own as keyof typeof commands] }
    : null
}
