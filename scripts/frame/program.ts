import type { ParseArgsOptionsConfig } from 'node:util'
import type { Words } from './words.ts'

/** The result of a command: `lines` for people, `json` for programs. */
export type Report = {
  /** 0 if it is left out. */
  readonly code?: number
  readonly lines?: readonly string[]
  /** Left out where a command that streams has written its JSON lines itself. */
  readonly json?: unknown
  /** For people too, but no part of the result: printed to stderr. */
  readonly notes?: readonly string[]
}

export type Command<Context> = {
  readonly summary: string
  /** What follows the name of the command. */
  readonly usage: string
  readonly options: ParseArgsOptionsConfig
  readonly help: readonly string[]
  readonly run: (words: Words, context: Context) => Promise<Report> | Report
}

/** Why a command failed, with the exit code and a name for programs. */
export type Failure = {
  readonly code: number
  readonly name: string
  readonly lines: readonly string[]
}

/** How a command prints while it runs. */
export type Output = {
  readonly isJson: boolean
  /** Prints lines of the result; resolves when the reader has taken them. */
  readonly say: (lines: readonly string[]) => Promise<void>
  /** Prints a line to stderr. */
  readonly note: (line: string) => void
}

/** One `npm run NAME`, with `command` alone or a table of `commands`. */
export type Program<Context> = {
  readonly name: string
  readonly about?: readonly string[]
  readonly command?: Command<Context>
  readonly commands?: Readonly<Record<string, Command<Context>>>
  /** Names of commands that older versions used. */
  readonly aliases?: Readonly<Record<string, string>>
  /** What each exit code means, except that of a wrong command line. */
  readonly exitCodes: Readonly<Record<number, string>>
  /** Opens what the commands need. Called after the words are read. */
  readonly open: (output: Output) => Context
  /** Explains an error of its own; null for an error that it does not know. */
  readonly explain?: (error: unknown) => Failure | null
}
