import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { renderEndpoints } from './docs/endpoint-docs.ts'
import { insertSettingsTable, renderEnvExample } from './docs/settings-docs.ts'

const root = resolve(import.meta.dirname, '..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')

it('the settings table of the README is the list of settings (else: npm run docs)', () => {
  expect(read('README.md')).toBe(insertSettingsTable(read('README.md')))
})

it('.env.example is the list of settings (else: npm run docs)', () => {
  expect(read('.env.example')).toBe(renderEnvExample())
})

it('docs/endpoints.md is the endpoint tables (else: npm run docs)', () => {
  expect(read('docs/endpoints.md')).toBe(renderEndpoints())
})

it('the README is short enough to be read', () => {
  expect(read('README.md').split('\n').length).toBeLessThanOrEqual(200)
})
