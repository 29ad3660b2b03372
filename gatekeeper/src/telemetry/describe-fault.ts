/** What the log has of an error that is a bug or an outage. */
export type FaultDescription = {
  readonly name: string
  readonly code?: string | undefined
  /** Where it was thrown. */
  readonly place?: string | undefined
}

const framesMax = 10
/** `at name (place)`, where the place ends with line and column. */
const frameForm = /^at (?:.* \()?(?:file:\/\/|node:|\/|[A-Za-z]:\\).*:\d+:\d+\)?$/

/** Name, code and place of an error. Its message may quote what a client sent, so it stays out. */
export function describeFault(error: unknown): FaultDescription {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as NodeJS.ErrnoException
  return {
    name: String(error.name),
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
    place: framesOf(error)[0],
  }
}

/** The frames of an error's stack, the innermost first. */
export function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return []
  const { message, stack } = error
  // The message stands before the frames, and may have lines of its own that look like one.
  const begin = stack.indexOf(message)
  if (begin === -1) return []
  const lines = stack.slice(begin + message.length).split('\n')
  return lines
    .map((line) => line.trim())
    .filter((line) => frameForm.test(line))
    .slice(0, framesMax)
}
