import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import type { Caller } from '../../caller.ts'
import { clientEndpoints } from '../clients/endpoints.ts'
import { makerOf } from './maker.ts'

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: clientEndpoints })
})
afterEach(() => api.close())

const client = (name: string): Caller => ({
  ...{ id: `client:${name}`, name, role: 'admin', team: null, person: null, session: null },
})

test('whoever made a client answers for what its tokens make, and must have rights now', async () => {
  const made = await api.as('olga')('PUT /clients/ci', {
    body: { services: ['ollama'] },
    headers: { 'if-none-match': '*' },
  })
  expect(made.status, made.text).toBe(201)
  expect(await makerOf(client('ci'), api.deps)).toMatchObject({ id: 'olga000000' })
  const { peopleFile } = api.installation
  const document = JSON.parse(await readFile(peopleFile, 'utf8'))
  document.people.olga000000.disabled = true
  await writeFile(peopleFile, JSON.stringify(document))
  await api.deps.people.reload()
  await expect(makerOf(client('ci'), api.deps)).rejects.toMatchObject({ reason: 'role' })
})

test('a client that nobody made, as those of the command line, names nobody', async () => {
  expect(await makerOf(client('iac'), api.deps)).toBeNull()
})
