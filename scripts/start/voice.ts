/** How the launcher speaks: sentences on a terminal, one JSON line per event otherwise. */
export type Voice = {
  readonly isTerminal: boolean
  /** An event on the way: `event` names it for programs, `text` tells it to people. */
  say(event: string, text: string, members?: Readonly<Record<string, unknown>>): void
  /** The line that begins with `ready`, and for people what to do next. */
  ready(line: string, next: readonly string[]): void
  /** Something that a person must see, on stderr. */
  complain(text: string): void
}

export type VoiceDeps = {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly isTerminal: boolean
}

export function createVoice({ out, err, isTerminal }: VoiceDeps): Voice {
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
