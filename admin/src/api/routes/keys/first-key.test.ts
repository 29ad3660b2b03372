import { expect, test } from 'vitest'
import { openApi } from '../../../../test/support/open-api.ts'
import { createEndpoints } from '../../endpoints.ts'

test('the first owner, who has no access yet, takes it and makes a key', async () => {
  const people = { ada: { id: 'ada0000000', role: 'owner' } } as const
  const api = await openApi({ rows: (deps) => createEndpoints(deps), people })
  try {
    const ada = api.as('ada')
    const body = { user: 'open-webui', services: ['ollama'], expiresAt: '2027-02-28T00:00:00Z' }
    const headers = { 'if-none-match': '*' }
    const before = await ada('PUT /keys/abcde01234', { body, headers })
    expect(before).toMatchObject({ status: 403, body: { reason: 'role' } })
    expect(before.body.detail).toContain('no access yet')
    const { etag } = await ada('GET /people/ada0000000')
    const access = { role: 'admin', services: ['*'], models: [], limits: [] }
    const given = await ada('PATCH /people/ada0000000', {
      body: { access },
      headers: { 'if-match': etag ?? '' },
    })
    expect(given.status, given.text).toBe(200)
    const made = await ada('PUT /keys/abcde01234', { body, headers })
    expect(made, made.text).toMatchObject({ status: 201, body: { madeBy: 'ada0000000' } })
  } finally {
    await api.close()
  }
})
