import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readGatewayFile } from '../src/config/gateway-file.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { addClient } from '../src/operations/clients/client-writer.ts'
import { waitUntil } from './support/child.ts'
import { makeKey } from './support/keys.ts'
import { startStack, testCaddy } from './support/stack.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/tokens.md'), 'utf8')
const blocksOf = (form: string) =>
  [...page.matchAll(new RegExp(`^\`\`\`${form}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    (match) => match[1] ?? '',
  )

const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)
if (!hasCurl) process.stderr.write('SKIP: without curl the lines of the guide are not run\n')

describe('docs/guides/tokens.md', () => {
  it('shows files that load unchanged', () => {
    const readFile = () => {
      throw new Error('the guide needs no other file')
    }
    const { settings } = readSettings({ env: {}, folder: root, platform: 'linux', readFile })
    const blocks = blocksOf('yaml')
    expect(blocks).toHaveLength(11)
    for (const block of blocks) {
      const { problems } = readGatewayFile(block, join(root, 'gatekeeper.yaml'), {
        ...{ settings, readFile },
      })
      expect(problems).toEqual([])
    }
  })

  it.skipIf(testCaddy === null || !hasCurl)(
    'C1: has curl commands that do what it says',
    async () => {
      const key = makeKey()
      const stack = await startStack({ keys: [key] })
      try {
        const wanted = { id: 'my-app', role: 'readwrite', services: ['ollama'] } as const
        const rest = { scopes: ['chat'], models: [], limits: [], addresses: [] }
        const secret = await addClient(
          join(dirname(stack.keysFile), 'clients.json'),
          { ...wanted, ...rest, expiresAt: null, tokenSeconds: null },
          { clock: Date.now },
        )
        const shell = async (line: string, token = '') => {
          const text = line.replace('https://localhost:8443', stack.url)
          // The stack's folder has a space in its name, and the guide's has none.
          const cwd = dirname(stack.caFile)
          const env = {
            CA: basename(stack.caFile),
            SECRET: secret,
            GK_API_KEY: key.key,
            TOKEN: token,
          }
          const words = ['-c', text.replace('curl ', 'curl -sS --fail-with-body ')]
          const path = process.env['PATH'] ?? ''
          return (await run('sh', words, { cwd, env: { PATH: path, ...env } })).stdout
        }
        const [grants = [], uses = [], exchange = [], revoke = []] = blocksOf('sh run').map(
          (block) =>
            block
              .replaceAll('\\\n', ' ')
              .split('\n')
              .filter((line) => line !== ''),
        )
        await waitUntil(
          () =>
            shell(grants[0] ?? '').then(
              () => true,
              () => false,
            ),
          {
            ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
          },
        )
        for (const line of [...grants, ...exchange]) {
          expect(JSON.parse(await shell(line))).toMatchObject({
            ...{ access_token: expect.stringMatching(/^eyJ/), token_type: 'Bearer', scope: 'chat' },
          })
        }
        const { access_token: token } = JSON.parse(await shell(grants[1] ?? '')) as {
          access_token: string
        }
        const answers = await Promise.all(uses.map((line) => shell(line, token)))
        expect(answers.map((text) => Object.keys(JSON.parse(text) as object)[0])).toEqual([
          ...['models', 'active', 'issuer', 'keys'],
        ])
        expect(revoke).toHaveLength(1)
        expect(await shell(revoke[0] ?? '', token)).toBe('')
        await expect(shell(uses[0] ?? '', token)).rejects.toThrow()
      } finally {
        await stack.stop()
      }
    },
  )
})
