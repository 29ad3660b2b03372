import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readGatewayFile } from '../../gatekeeper/src/config/gateway-file.ts'
import { readSettings, type Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { exitCode, type Problem } from '../../gatekeeper/src/lib/problem.ts'
import type { Service } from '../../gatekeeper/src/policy/service.ts'
import { StartError } from './start-error.ts'

type Env = Readonly<Record<string, string | undefined>>

export type Configuration = {
  /** The environment with `.env` under it: what the parts are started with. */
  readonly env: Env
  readonly settings: Settings
  readonly services: readonly Service[]
}

/**
 * Reads `.env`, the settings and gatekeeper.yaml, just as the gatekeeper will, so that mistakes are
 * shown before anything is started. Throws a StartError with every problem at once.
 */
export function readConfiguration(root: string, environment: Env): Configuration {
  const dotEnv = readDotEnv(join(root, '.env'))
  const env = { ...dotEnv.values, ...environment }
  const { settings, problems } = readSettings({
    env,
    folder: root,
    platform: process.platform,
    readFile: readText,
  })
  const gateway = readGateway(settings)
  const all = [...dotEnv.problems, ...problems, ...gateway.problems]
  if (all.length > 0) throw new StartError(all, exitCode.config)
  return { env, settings, services: gateway.services }
}

const readText = (path: string) => readFileSync(path, 'utf8')

function readDotEnv(path: string): { values: Env; problems: readonly Problem[] } {
  try {
    return { values: parseEnv(readText(path)), problems: [] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { values: {}, problems: [] }
    const remedy = 'Make it a file that this user can read, or remove it.'
    return { values: {}, problems: [{ source: path, what: `cannot be read (${code})`, remedy }] }
  }
}

function readGateway(settings: Settings): {
  services: readonly Service[]
  problems: readonly Problem[]
} {
  const source = settings.configFile
  try {
    return readGatewayFile(readText(source), source, { settings, readFile: readText })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? `cannot be understood (${error})` : `cannot be read (${code})`
    const remedy = 'Set GATEKEEPER_CONFIG to a readable gatekeeper.yaml.'
    return { services: [], problems: [{ source, what, remedy }] }
  }
}
