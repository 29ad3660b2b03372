/**
 * Where log lines are made. Records are lists of allowed members and never whole requests; a last
 * pass over every line removes whatever still looks like one of our keys.
 */
import pino, { type Logger } from 'pino'
import { scrubKeys } from '../lib/key-shape.ts'
import { toPlainLine } from './plain-line.ts'

export type Log = Pick<Logger, 'info' | 'warn' | 'error'>

/** `write` takes whole lines with their line break. */
export type LogSink = { write(line: string): unknown }

/** `plain` writes lines for people; otherwise JSON, one object a line. */
export function createLog(sink: LogSink, options: { plain: boolean }): Log {
  const write = (line: string) => {
    const scrubbed = scrubKeys(line)
    sink.write(options.plain ? toPlainLine(scrubbed) : scrubbed)
  }
  return pino(
    {
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write },
  )
}
