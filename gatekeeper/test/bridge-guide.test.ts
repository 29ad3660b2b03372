import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { parseUserFile } from '../src/oauth/user-file.ts'
import { addClient } from '../src/operations/clients/client-writer.ts'
import { waitUntil } from './support/child.ts'
import { startStack, testCaddy } from './support/stack.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/guides/bridge.md'), 'utf8')
const blocksOf = (form: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${form}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1] ?? '',
  )

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

it('docs/guides/bridge.md shows a users.json that loads unchanged', () => {
  const users = blocksOf('json').filter((block) => block.includes('"users"'))
  expect(users).toHaveLength(1)
  expect(parseUserFile(users[0] ?? '', 'users.json').problems).toEqual([])
})

it.skipIf(testCaddy === null || !hasCurl)(
  'docs/guides/bridge.md has curl commands that do what it says',
  async () => {
    const provider = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end('{"object":"list","data":[]}')
    }).listen(0, '127.0.0.1')
    await once(provider, 'listening')
    const { port } = provider.address() as AddressInfo
    const config = 'version: 1\nservices: {}\nproviders: {openai: {}}\n'
    const env = {
      OPENAI_API_KEY: 'account-key-0123',
      OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
    }
    const stack = await startStack({ keys: [], config, env })
    try {
      const app = {
        ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
        ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
      }
      const secret = await addClient(
        join(dirname(stack.keysFile), 'clients.json'),
        {
          ...{ id: 'shop', role: 'readwrite', services: [], scopes: [], models: [], limits: [] },
          ...{ addresses: [], expiresAt: null, tokenSeconds: null, app },
        },
        { clock: Date.now },
      )
      await waitUntil(() => stack.gatekeeper.output().includes('"clients":1'), {
        ...{ limitMs: 10_000, describe: () => 'the app is not there' },
      })
      const shell = async (block: string, token = '') => {
        const text = block
          .replaceAll('https://localhost:8443', stack.url)
          .replaceAll('curl ', 'curl -sS --fail-with-body ')
        const words = { CA: basename(stack.caFile), SECRET: secret, TOKEN: token }
        const options = { cwd: dirname(stack.caFile), env: { PATH: process.env['PATH'], ...words } }
        return (await run('sh', ['-ec', text], options)).stdout
      }
      const [ask = '', use = ''] = blocksOf('sh run').filter((block) => /^curl/.test(block))
      const { token, expiresIn } = JSON.parse(await shell(ask)) as Record<string, string>
      expect(expiresIn).toBe('7 days')
      const used = await shell(use, token)
      expect(used).toMatch(/"object":"list".*"requestsToday":1.*"expiresInHours".*Logged out/s)
      await expect(shell(use, token)).rejects.toThrow()
    } finally {
      await stack.stop()
      provider.close()
    }
  },
)
