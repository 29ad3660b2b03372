import { resolve } from 'node:path'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import { ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import {
  type Installation,
  openInstallation,
} from '../../gatekeeper/src/operations/installation.ts'
import { readSettingsOf, readText } from './read-settings-of.ts'

/**
 * Opens the installation of this clone. Throws a ProblemsError when the settings are wrong: keys must
 * not be written into another folder than the one that is read.
 */
export function openCloneInstallation(): Installation {
  const root = resolve(import.meta.dirname, '../..')
  const { settings, problems } = readSettingsOf(root, process.env)
  if (problems.length > 0) throw new ProblemsError(problems)
  return openInstallation(settings, { clock: systemClock, readText })
}
