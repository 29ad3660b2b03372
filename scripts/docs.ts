/** `npm run docs`: writes what is made from settings and endpoint tables into README and docs. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renderEndpoints } from './docs/endpoint-docs.ts'
import { insertSettingsTable, renderEnvExample } from './docs/settings-docs.ts'
import { refuseWords } from './words/refuse-words.ts'

refuseWords('docs')
const root = resolve(import.meta.dirname, '..')
const readme = join(root, 'README.md')
writeFileSync(readme, insertSettingsTable(readFileSync(readme, 'utf8')))
writeFileSync(join(root, '.env.example'), renderEnvExample())
writeFileSync(join(root, 'docs/endpoints.md'), renderEndpoints())
