import { readFile } from 'node:fs/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addSplitKey } from '../../../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { splitKeyEndpoints } from './endpoints.ts'

let api: TestApi
beforeEach(async () => {
  api = await openApi({ rows: splitKeyEndpoints })
})
afterEach(() => api.close())

const sealed = Buffer.alloc(120, 1).toString('base64')

async function add(owner: string, id: string): Promise<void> {
  const { splitKeysFile, clock } = api.installation
  const row = {
    ...{ id, provider: 'openai', origin: 'https://api.openai.com', description: 'mine' },
    ...{ team: null, version: 1, kid: 'k'.repeat(8), box: sealed, share: sealed },
  }
  await addSplitKey(splitKeysFile, owner, row, { clock, record: async () => {} })
}

test('200 and 204: split keys are listed without anything of the key, and removed by owner', async () => {
  await add('shop:ada', 'key-00000001')
  await add('shop:eve', 'key-00000001')
  const list = await api.as('audrey')('GET /split-keys?q=shop')
  expect(list.body).toMatchObject({
    total: 2,
    items: [{ owner: 'shop:ada' }, { owner: 'shop:eve' }],
  })
  expect(list.text).not.toContain(sealed.slice(0, 20))
  const removed = await api.as('adam')('DELETE /split-keys/key-00000001?owner=shop:ada')
  expect(removed.status).toBe(204)
  const text = await readFile(api.installation.splitKeysFile, 'utf8')
  expect(JSON.parse(text).splitKeys).toMatchObject([{ owner: 'shop:eve' }])
})

test('403 and 404', async () => {
  await add('shop:ada', 'key-00000001')
  expect((await api.as('mia')('GET /split-keys')).status).toBe(403)
  const path = 'DELETE /split-keys/key-00000001?owner=shop'
  expect((await api.as('audrey')(`${path}:ada`)).status).toBe(403)
  expect((await api.as('olga')(`${path}:eve`)).status).toBe(404)
  expect((await api.as('olga')('DELETE /split-keys/key-00000001')).status).toBe(400)
})
