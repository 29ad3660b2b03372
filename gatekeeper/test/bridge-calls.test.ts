import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { addClient } from '../src/operations/clients/client-writer.ts'
import { completion, json, startProviders } from './features/support/provider-stack.ts'
import { waitUntil } from './support/child.ts'
import { makeKey } from './support/keys.ts'
import { testCaddy } from './support/stack.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/bridge.md'), 'utf8')
const blocks = [...page.matchAll(/^```sh calls\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
  text.split('\n').filter((line) => line !== ''),
)
const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)

describe('docs/guides/bridge.md', () => {
  it.skipIf(testCaddy === null || !hasCurl)('P25: has calls that do what it says', async () => {
    const key = makeKey({ services: ['openai'] })
    const { stack, provider, stop } = await startProviders([key])
    try {
      const list = { object: 'list', data: [] }
      provider.state.answer = ({ method }, response) =>
        json(response, 200, method === 'GET' ? list : completion)
      const app = {
        ...{ public: false, tokenDays: 7, dailyQuota: 100, monthlyQuota: 3000, totalPerDay: null },
        ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
      }
      const secret = await addClient(
        join(dirname(stack.keysFile), 'clients.json'),
        {
          ...{ id: 'shop', role: 'readwrite', services: [], scopes: ['chat'], models: [] },
          ...{ addresses: [], expiresAt: null, tokenSeconds: null, limits: [], app },
        },
        { clock: Date.now },
      )
      const shell = async (line: string, token = '') => {
        const text = line.replace('https://localhost:8443', stack.url)
        // The stack's folder has a space in its name, and the guide's has none.
        const env = {
          CA: basename(stack.caFile),
          SECRET: secret,
          GK_API_KEY: key.key,
          TOKEN: token,
        }
        const words = ['-c', text.replace('curl ', 'curl -sS --fail-with-body ')]
        const options = {
          cwd: dirname(stack.caFile),
          env: { PATH: process.env['PATH'] ?? '', ...env },
        }
        return JSON.parse((await run('sh', words, options)).stdout)
      }
      const [backend = [], phone = []] = blocks
      const answers = []
      for (const line of backend) answers.push(await shell(line))
      expect(answers).toEqual([
        ...[completion, completion, list],
        expect.objectContaining({ api: 'openai', configured: true }),
      ])
      await waitUntil(() => stack.gatekeeper.output().includes('"clients":1'), {
        ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
      })
      const asked = { userId: 'ada@example.com', appId: 'shop' }
      const headers = { 'x-api-key': secret }
      const { text } = await stack.send('/auth/token', { headers, json: asked })
      const { token } = JSON.parse(text)
      expect(await shell(phone[0] ?? '', token)).toEqual(completion)
      expect(provider.seen.map(({ url }) => url)).toEqual([
        ...['/v1/chat/completions', '/v1/chat/completions', '/v1/models?limit=5'],
        '/v1/chat/completions',
      ])
    } finally {
      await stop()
    }
  })
})
