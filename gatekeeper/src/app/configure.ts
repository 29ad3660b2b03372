/** What a start reads and creates before it opens anything. A problem ends the process. */
import { resolve } from 'node:path'
import { writeServiceBlocks } from '../config/blocks/service-blocks.ts'
import { writeFrontEnvironment } from '../config/front-environment.ts'
import { type FrontSecrets, loadFrontSecrets } from '../config/front-secrets.ts'
import type { Gateway } from '../config/gateway-file.ts'
import { loadGateway } from '../config/load-gateway.ts'
import { readSettings, type Settings } from '../config/read-settings.ts'
import { readTextFile } from '../lib/files/text-file.ts'
import { exitCode, formatProblem, type Problem } from '../lib/problem.ts'
import { scrubKeys } from '../model/key-shape.ts'
import { packageFolder } from './own-package.ts'
import type { ProcessLog } from './process-log.ts'

/** Prints every problem and ends the process. */
export function stopWith(problems: readonly Problem[], code: number): never {
  for (const problem of problems) {
    // As in the log: a problem near a key in a file must not print the key.
    process.stderr.write(`gatekeeper: ${scrubKeys(formatProblem(problem))}\n`)
  }
  process.exit(code)
}

export type Configuration = Omit<Gateway, 'problems' | 'warnings' | 'providerOrigins'> & {
  readonly settings: Settings
}

/** Reads the environment and `gatekeeper.yaml`, and lets the log follow the settings. */
export function configure(env: NodeJS.ProcessEnv, processLog: ProcessLog): Configuration {
  const { settings, problems } = readSettings({
    env,
    folder: resolve(packageFolder, '..'),
    platform: process.platform,
    readFile: readTextFile,
  })
  const gateway = loadGateway(settings, readTextFile)
  const all = [...problems, ...gateway.problems]
  if (all.length > 0) stopWith(all, exitCode.config)
  openLog(settings, processLog)
  for (const warning of gateway.warnings) processLog.log.warn(formatProblem(warning))
  return { ...gateway, settings }
}

function openLog(settings: Settings, { apply }: ProcessLog): void {
  try {
    apply(settings)
  } catch (error) {
    const what = `cannot be written (${(error as NodeJS.ErrnoException).code})`
    const remedy = 'Name a folder that this user can write to, with space left on its disk.'
    stopWith([{ source: 'GATEKEEPER_LOG_DIR', what, remedy }], exitCode.config)
  }
}

/** Creates what Caddy imports from the state folder; returns the secrets shared with it. */
export function openState({ settings, services }: Configuration): FrontSecrets {
  try {
    const secrets = loadFrontSecrets(settings.stateDir)
    writeFrontEnvironment(settings)
    writeServiceBlocks(settings, services)
    return secrets
  } catch (error) {
    const what = `cannot be used: ${(error as Error).message}`
    const uid = process.getuid?.()
    const remedy = `Make the state folder writable for this user${uid === undefined ? '' : ` (uid ${uid})`}, with space left on its disk.`
    return stopWith([{ source: settings.stateDir, what, remedy }], exitCode.config)
  }
}
