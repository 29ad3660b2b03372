import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import type { Command } from '../frame/program.ts'
import type { Terminal } from '../frame/terminal.ts'

/** What the commands of keys, clients and tokens need. */
export type Context = Installation & Terminal

export type KeyCommand = Command<Context>
