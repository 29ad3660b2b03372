import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { describeSite } from '../gatekeeper/src/wire/openapi/describe-site.ts'
import { renderCompliance } from './docs/compliance-docs.ts'
import {
  gatewayJsonSchema,
  membersOf,
  renderConfiguration,
  renderJsonSchema,
} from './docs/configuration-docs.ts'
import { renderEndpoints } from './docs/endpoint-docs.ts'
import { everything, renderConsoleOpenapi, renderOpenapi } from './docs/openapi-docs.ts'
import { listReasons, renderErrors, renderReasons } from './docs/reason-docs.ts'
import { renderEnvExample } from './docs/settings-docs.ts'

const root = resolve(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')

it('docs/configuration.md is every setting and every member (else: npm run docs)', () => {
  expect(read('docs/configuration.md')).toBe(renderConfiguration())
})

it('every member of gatekeeper.yaml says what it sets', () => {
  const silent = membersOf(gatewayJsonSchema()).filter(({ description }) => description === null)
  expect(silent.map(({ path }) => path)).toEqual([])
})

it('the JSON Schema beside it is the one that is checked (else: npm run docs)', () => {
  expect(read('docs/gatekeeper.schema.json')).toBe(renderJsonSchema())
  expect(read('gatekeeper.yaml')).toContain('$schema=docs/gatekeeper.schema.json')
})

it('.env.example is the list of settings (else: npm run docs)', () => {
  expect(read('.env.example')).toBe(renderEnvExample())
})

it('docs/endpoints.md is the endpoint tables (else: npm run docs)', () => {
  expect(read('docs/endpoints.md')).toBe(renderEndpoints())
})

it('docs/reasons.json is the reason table (else: npm run docs)', () => {
  expect(read('docs/reasons.json')).toBe(renderReasons())
})

it('docs/errors.md has the table of the bridge (else: npm run docs)', () => {
  expect(read('docs/errors.md')).toBe(renderErrors(read('docs/errors.md')))
})

it('docs/compliance.md has the controls that the findings of the doctor name (else: npm run docs)', () => {
  expect(read('docs/compliance.md')).toBe(renderCompliance(read('docs/compliance.md')))
})

it('every reason leads to its own row of docs/errors.md, with its status and code', () => {
  const page = read('docs/errors.md')
  const missing = listReasons().filter(({ reason, status, code, docs, forms }) => {
    const anchor = `<a id="${docs.split('#')[1]}"></a>`
    // A reason of the domain chat alone has the code of that form.
    const rows = [code, forms.chat.error].map(
      (shown) => `| \`${reason}\`${anchor} | ${status} | \`${shown}\` |`,
    )
    return page.split(anchor).length !== 2 || !rows.some((row) => page.includes(row))
  })
  expect(missing.map(({ reason }) => reason)).toEqual([])
})

it('the README is short enough to be read', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(150)
})

it('`npm run docs -- openapi --console` describes every endpoint of the admin API', () => {
  const listed = read('admin/test/endpoints-of-the-api.txt').trim().split('\n')
  const text = renderConsoleOpenapi(root)
  const paths = listed.map((line) => line.split(' ')[1]?.replace(/:(\w+)/g, '{$1}') ?? '')
  expect(paths.filter((path) => !text.includes(`\n  ${path}:\n`))).toEqual([])
  expect(listed.length).toBeGreaterThan(20)
})

it('`npm run docs -- openapi` is YAML that describes every route of the services’ site', async () => {
  const document = parse(renderOpenapi(root))
  expect(document).toEqual(
    JSON.parse(JSON.stringify(describeSite(everything, document.info.version))),
  )
  expect(Object.keys(document.paths).length).toBeGreaterThan(30)
})
