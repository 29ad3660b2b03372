/**
 * Creates log lines. Records are lists of allowed members and never whole requests; a last pass
 * over every line removes anything that still looks like a gatekeeper key.
 */
import pino, { type Logger } from 'pino'
import { scrubKeys } from '../model/key-shape.ts'
import { toPlainLine } from './plain-line.ts'

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** A log whose level can be set: lines below it are not written. */
export type LeveledLog = Log & Pick<Logger, 'level'>

/**
 * `write` receives whole lines with their line break; `flush` follows a line that must not wait.
 * `isError` is true for lines of the level error and above.
 */
export type LogSink = {
  readonly write: (line: string, isError?: boolean) => unknown
  readonly flush?: () => unknown
}

const warnLevel = pino.levels.values['warn'] as number
const errorLevel = pino.levels.values['error'] as number

/** `plain` writes lines for people; otherwise JSON, one object per line. */
export function createLog(sink: LogSink, options: { readonly plain: boolean }): LeveledLog {
  const destination = {
    // Makes pino pass the level of each line.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    write: (line: string) => {
      const scrubbed = scrubKeys(line)
      const isError = destination.lastLevel >= errorLevel
      sink.write(options.plain ? toPlainLine(scrubbed) : scrubbed, isError)
      if (destination.lastLevel >= warnLevel) sink.flush?.()
    },
  }
  return pino(
    {
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    destination,
  )
}
