/** The logged facts of an error that is a bug or an outage. */
export type FaultDescription = {
  readonly name: string
  readonly code?: string | undefined
  /** The place in the code that threw it. */
  readonly place?: string | undefined
}

const framesMax = 10
/** `at name (place)`, where the place ends with line and column. */
const frameForm = /^at (?:.* \()?(?:file:\/\/|node:|\/|[A-Za-z]:\\).*:\d+:\d+\)?$/

/**
 * Returns name, code and place of an error. Its message may quote client data, so it is not logged.
 */
export function describeFault(error: unknown): FaultDescription {
  if (!(error instanceof Error)) return { name: typeof error }
  const { code } = error as NodeJS.ErrnoException
  return {
    name: String(error.name),
    code: typeof code === 'string' || typeof code === 'number' ? String(code) : undefined,
    place: framesOf(error)[0],
  }
}

/** Returns the frames of an error's stack, the innermost first. */
export function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return []
  const { message, stack } = error
  // The message precedes the frames, and may contain lines that look like one.
  const begin = stack.indexOf(message)
  if (begin === -1) return []
  const lines = stack.slice(begin + message.length).split('\n')
  return lines
    .map((line) => line.trim())
    .filter((line) => frameForm.test(line))
    .slice(0, framesMax)
}
