/**
 * `npm run docs`: writes the documents that are generated from schema, settings, endpoints and reasons.
 * `npm run docs -- openapi` prints the description of the services' site, with `--console` that of the
 * admin API.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { renderCompliance } from './docs/compliance-docs.ts'
import { renderConfiguration, renderJsonSchema } from './docs/configuration-docs.ts'
import { renderEndpoints } from './docs/endpoint-docs.ts'
import { renderConsoleOpenapi, renderOpenapi } from './docs/openapi-docs.ts'
import { renderErrors, renderReasons } from './docs/reason-docs.ts'
import { renderEnvExample } from './docs/settings-docs.ts'
import { runProgram } from './frame/run-program.ts'
import { UsageError } from './frame/words.ts'

/** Each returns the document, from the one that is there if only a part of it is generated. */
const documents: Readonly<Record<string, (current: string) => string>> = {
  'docs/configuration.md': renderConfiguration,
  'docs/gatekeeper.schema.json': renderJsonSchema,
  '.env.example': renderEnvExample,
  'docs/endpoints.md': () => renderEndpoints(),
  'docs/reasons.json': renderReasons,
  'docs/errors.md': renderErrors,
  'docs/compliance.md': renderCompliance,
}

await runProgram<string>({
  name: 'docs',
  command: {
    summary:
      'Writes the documents that are generated from schema, settings, endpoints and reasons.',
    usage: '[openapi [--console]]',
    options: { console: { type: 'boolean' } },
    help: [
      ...Object.keys(documents),
      'openapi: prints the routes of the gateway as OpenAPI, writes nothing',
      'openapi --console: prints the admin API of the console',
      'Into a file: npm run -s docs -- openapi > openapi.yaml',
    ],
    run: ({ positionals, values }, root) => {
      const [word] = positionals
      const isConsole = values['console'] === true
      if (word === 'openapi') {
        const text = isConsole ? renderConsoleOpenapi(root) : renderOpenapi(root)
        return { lines: [text.trimEnd()] }
      }
      if (isConsole) throw new UsageError('--console needs the word openapi')
      if (word !== undefined) throw new UsageError('docs takes no words but openapi')
      for (const [path, render] of Object.entries(documents)) {
        const file = join(root, path)
        writeFileSync(file, render(readFileSync(file, 'utf8')))
      }
      return { json: { written: Object.keys(documents) } }
    },
  },
  exitCodes: { 0: 'done' },
  open: () => resolve(import.meta.dirname, '..'),
})
