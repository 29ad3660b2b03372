import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readSettings, type Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Problem } from '../../gatekeeper/src/lib/problem.ts'

export type Env = Readonly<Record<string, string | undefined>>

export const readText = (path: string): string => readFileSync(path, 'utf8')

/** The settings of a clone: `.env` in its root, with the environment over it. */
export function readSettingsOf(
  root: string,
  environment: Env,
): { env: Env; settings: Settings; problems: readonly Problem[] } {
  const dotEnv = readDotEnv(join(root, '.env'))
  const env = { ...dotEnv.values, ...environment }
  const source = { env, folder: root, platform: process.platform, readFile: readText }
  const { settings, problems } = readSettings(source)
  return { env, settings, problems: [...dotEnv.problems, ...problems] }
}

function readDotEnv(source: string): { values: Env; problems: readonly Problem[] } {
  try {
    return { values: parseEnv(readText(source)), problems: [] }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { values: {}, problems: [] }
    const remedy = 'Make it a file that this user can read, or remove it.'
    return { values: {}, problems: [{ source, what: `cannot be read (${code})`, remedy }] }
  }
}
