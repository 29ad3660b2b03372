/** `npm run docs`: writes what is made from the settings into the README and `.env.example`. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { insertSettingsTable, renderEnvExample } from './docs/settings-docs.ts'

const root = resolve(import.meta.dirname, '..')
const readme = join(root, 'README.md')
writeFileSync(readme, insertSettingsTable(readFileSync(readme, 'utf8')))
writeFileSync(join(root, '.env.example'), renderEnvExample())
