/** What the launcher prints: sentences on a terminal, one JSON line per event otherwise. */
export type LauncherLog = {
  readonly isTerminal: boolean
  /** One step of the start: `event` names it for programs, `text` describes it for people. */
  say(event: string, text: string, members?: Readonly<Record<string, unknown>>): void
  /** Prints the line that begins with `ready`, and for people what to do next. */
  ready(line: string, next: readonly string[]): void
  /** Prints a problem on stderr. */
  complain(text: string): void
}

export type LauncherLogDeps = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly isTerminal: boolean
}

export function createLauncherLog({ out, err, isTerminal }: LauncherLogDeps): LauncherLog {
  const stamp = () => ({ time: new Date().toISOString(), part: 'launcher' })
  return {
    isTerminal,
    say(event, text, members = {}) {
      out(
        isTerminal
          ? `gatekeeper: ${text}\n`
          : `${JSON.stringify({ ...stamp(), event, text, ...members })}\n`,
      )
    },
    ready(line, next) {
      out(isTerminal ? `\nready ${line}\n\n${next.join('\n')}\n\n` : `ready ${line}\n`)
    },
    complain(text) {
      for (const line of text.split('\n')) err(`gatekeeper: ${line}\n`)
    },
  }
}
