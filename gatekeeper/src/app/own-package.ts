import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/** The folder `gatekeeper` of the clone. */
export const packageFolder: string = resolve(import.meta.dirname, '../..')

const file = readFileSync(resolve(packageFolder, 'package.json'), 'utf8')

/** The version in `package.json`, the one place where it is written. */
export const version: string = (JSON.parse(file) as { version: string }).version
