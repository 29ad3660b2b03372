/**
 * A room of ours for which nothing is configured is not there: its paths are answered as a word that
 * was never written, with a credential and without one, and are there once something is configured.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const wide = makeKey({ role: 'admin', services: ['*'] })
const boss = makeKey({ role: 'admin', services: ['control'] })

const words = [
  ...[
    '/admin',
    '/admin/',
    '/admin/users',
    '/admin/users/x',
    '/admin/users/shop:ada/quota',
    '/admin/keys',
  ],
  ...['/admin/ip-rules', '/admin/ip-rules/10.0.0.1', '/admin/webhooks', '/admin/webhooks/1/test'],
  ...['/admin/audit-logs', '/admin/audit-logs/stats', '/admin/health', '/admin/v1/keys'],
  ...['/ADMIN/users', '/Admin/health', '/admin/openapi.json', '/admin/handed-over'],
  ...['/analytics', '/analytics/', '/analytics/overview', '/analytics/costs', '/analytics/errors'],
  ...['/analytics/my-stats', '/analytics/user/shop:ada', '/Analytics/overview'],
  ...[
    '/auth/token',
    '/auth/verify',
    '/auth/token-info',
    '/auth/logout',
    '/auth/',
    '/auth/callback',
  ],
  ...['/console', '/console/', '/signin', '/signin/for', '/signin/callback/github'],
  ...['/widget/token', '/widget.js', '/mcp', '/vault', '/handed-over'],
]

describe.skipIf(testCaddy === null)(
  'as shipped, without an app and without an administrator',
  () => {
    let stack: Stack
    let missing: unknown
    beforeAll(async () => {
      stack = await startStack({ keys: [ada, wide] })
      missing = await seen('/a-word-that-was-never-written', 'GET')
    })
    afterAll(() => stack?.stop())

    /** What a client can see of an answer. */
    async function seen(path: string, method: string, key?: string) {
      const options = key === undefined ? { method } : { method, key }
      const { status, text, headers } = await stack.send(path, options)
      const { date: _, 'alt-svc': __, connection: ___, ...fields } = headers
      return { status, text, fields }
    }

    it('forty paths of other rooms are as if they had never been written', async () => {
      expect(words.length).toBeGreaterThanOrEqual(40)
      for (const path of words) {
        expect([path, await seen(path, 'GET')]).toEqual([path, missing])
        expect([path, await seen(path, 'POST')]).toEqual([path, missing])
        expect([path, await seen(path, 'GET', ada.key)]).toEqual([path, missing])
        expect([path, await seen(path, 'DELETE', wide.key)]).toEqual([path, missing])
      }
    })

    it('a key that is granted administration opens that room, and only that one', async () => {
      writeFileSync(stack.keysFile, keyFileText([ada, wide, boss]))
      await waitUntil(async () => (await seen('/admin/users', 'GET')).status === 401, {
        ...{ limitMs: 5_000, describe: () => stack.gatekeeper.output() },
      })
      expect((await seen('/analytics/overview', 'GET')).status).toBe(401)
      expect((await seen('/admin/users', 'GET', wide.key)).status).toBe(403)
      // It only lacks the admin process.
      expect((await seen('/admin/users', 'GET', boss.key)).status).toBe(503)
      expect(await seen('/auth/token', 'POST')).toEqual(missing)
    })

    it('an app opens the rooms of its users', async () => {
      writeFileSync(stack.keysFile, keyFileText([ada]))
      await waitUntil(async () => (await seen('/admin/users', 'GET')).status === 404, {
        ...{ limitMs: 5_000, describe: () => stack.gatekeeper.output() },
      })
      const secret = { sha256: '0'.repeat(64), createdAt: null, expiresAt: null }
      const shop = { role: 'readwrite', services: [], scopes: [], secrets: [secret], app: {} }
      const text = JSON.stringify({ version: 1, clients: { shop } })
      writeFileSync(join(stack.keysFile, '../clients.json'), text)
      await waitUntil(async () => (await seen('/analytics/my-stats', 'GET')).status === 401, {
        ...{ limitMs: 5_000, describe: () => stack.gatekeeper.output() },
      })
      expect(await seen('/admin/users', 'GET')).toEqual(missing)
    })
  },
)
