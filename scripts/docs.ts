/** `npm run docs`: writes the documents that are made from settings, schema, endpoints and reasons. */
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renderConfiguration, renderJsonSchema } from './docs/configuration-docs.ts'
import { renderEndpoints } from './docs/endpoint-docs.ts'
import { renderReasons } from './docs/reason-docs.ts'
import { renderEnvExample } from './docs/settings-docs.ts'
import { refuseWords } from './words/refuse-words.ts'

refuseWords('docs')
const root = resolve(import.meta.dirname, '..')
writeFileSync(join(root, 'docs/configuration.md'), renderConfiguration())
writeFileSync(join(root, 'docs/gatekeeper.schema.json'), renderJsonSchema())
writeFileSync(join(root, '.env.example'), renderEnvExample())
writeFileSync(join(root, 'docs/endpoints.md'), renderEndpoints())
writeFileSync(join(root, 'docs/reasons.json'), renderReasons())
