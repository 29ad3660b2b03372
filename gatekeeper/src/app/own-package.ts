import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder `gatekeeper` of the repository. */
export const packageFolder: string = resolve(import.meta.dirname, '../..')

const file = readFileSync(resolve(packageFolder, 'package.json'), 'utf8')

/** The version from `package.json`, the only place that has it. */
export const version: string = (JSON.parse(file) as { version: string }).version
