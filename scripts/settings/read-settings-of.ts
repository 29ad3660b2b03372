import { join } from 'node:path'
import { findForeignNames } from '../../gatekeeper/src/config/foreign-names.ts'
import { readSettings, type Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { readTextFile } from '../../gatekeeper/src/lib/files/text-file.ts'
import type { Problem } from '../../gatekeeper/src/lib/problem.ts'
import { readDotEnv } from './read-dot-env.ts'

export type Env = Readonly<Record<string, string | undefined>>

export const readText = readTextFile

/**
 * The settings of a clone: `.env` in its root, with the environment over it. Warnings are about names
 * of other programs, which do nothing here.
 */
export function readSettingsOf(
  root: string,
  environment: Env,
): { env: Env; settings: Settings; problems: readonly Problem[]; warnings: readonly Problem[] } {
  const dotEnv = readDotEnv(join(root, '.env'))
  const env = { ...dotEnv.values, ...environment }
  const from = { env, folder: root, platform: process.platform, readFile: readText }
  const { settings, problems } = readSettings(from)
  const source = join(root, '.env')
  const warnings = [
    ...findForeignNames(dotEnv.values, { isOwnFile: true, source }),
    ...findForeignNames(environment, { isOwnFile: false }),
  ]
  return { env, settings, problems: [...dotEnv.problems, ...problems], warnings }
}
