import type { Settings } from '../config/read-settings.ts'
import { systemClock } from '../lib/clock.ts'
import { createLog, type LeveledLog } from '../telemetry/log.ts'
import { openLogFiles } from '../telemetry/log-files.ts'
import { type FileSink, openLogSink } from '../telemetry/log-sink.ts'

/** The log of the process: on stdout until its settings are known. */
export type ProcessLog = {
  readonly log: LeveledLog
  readonly flush: () => void
  /** Resolves when the lines of the log are written. */
  readonly drained: () => Promise<void>
  /** Applies the settings. Throws as `node:fs` does if the files cannot be written. */
  readonly apply: (settings: Pick<Settings, 'logLevel' | 'logDir'>) => void
}

export function openProcessLog(): ProcessLog {
  const form = { plain: process.stdout.isTTY === true }
  let sink: FileSink = openLogSink(1, { isGathered: !form.plain })
  const log = createLog(
    { write: (line, isError) => sink.write(line, isError), flush: () => sink.flush() },
    form,
  )
  return {
    log,
    flush: () => sink.flush(),
    drained: () => sink.drained(),
    apply: ({ logLevel, logDir }) => {
      log.level = logLevel
      if (logDir === null) return
      sink.flush()
      sink = openLogFiles(logDir, { clock: systemClock })
      form.plain = false
    },
  }
}
