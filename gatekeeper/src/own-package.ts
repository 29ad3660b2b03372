import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { dirname } from 'node:path'

/** Looked for, since a bundle of this source lies deeper than the source. */
const file = findPackageJSON('.', import.meta.url) ?? 'package.json'

/** The folder `gatekeeper` of the clone. */
export const packageFolder: string = dirname(file)

/** The version in `package.json`, the one place where it is written. */
export const version: string = (JSON.parse(readFileSync(file, 'utf8')) as { version: string })
  .version
