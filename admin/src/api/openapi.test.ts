import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestConsole, type TestConsole } from '../../test/support/test-console.ts'
import { describeApi } from './openapi.ts'

let site: TestConsole
beforeAll(async () => {
  site = await openTestConsole()
})
afterAll(() => site.close())

test('the document is valid OpenAPI 3.1', async () => {
  const document = JSON.parse(JSON.stringify(describeApi(site.rows, '1.0.0')))
  const { valid, errors } = await new Validator().validate(document)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

test('everybody may read it, also a tool that is no page, and it says the same', async () => {
  const fields = { 'sec-fetch-site': '' }
  const plain = await site.call('GET', '/admin/v1/openapi.json', { fields })
  expect(plain.status).toBe(200)
  const as = await site.signIn('olga')
  const signedIn = await site.call('GET', '/admin/v1/openapi.json', { as })
  expect(signedIn.text).toBe(plain.text)
  expect(plain.body.paths['/session'].get).toMatchObject({ 'x-roles': 'any' })
})

test('every operation has a name of its own', () => {
  const { paths } = describeApi(site.rows, '1.0.0') as {
    paths: Record<string, Record<string, { operationId: string }>>
  }
  const names = Object.values(paths).flatMap((of) =>
    Object.values(of).map(({ operationId }) => operationId),
  )
  expect(new Set(names).size).toBe(names.length)
})

// A change of this list is a change of the API: additions only, within /v1.
test('the endpoints are those of the list', async () => {
  const lines = site.rows.map(({ method, path, roles, answers }) => {
    const who = typeof roles === 'string' ? roles : roles.join(',')
    return `${method} ${path} ${who} ${Object.keys(answers).join(',')}`
  })
  await expect(`${lines.sort().join('\n')}\n`).toMatchFileSnapshot(
    '../../test/endpoints-of-the-api.txt',
  )
})
