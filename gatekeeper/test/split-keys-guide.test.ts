import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startAppStack } from './features/support/app-stack.ts'
import { testCaddy } from './support/stack.ts'

const page = readFileSync(resolve(import.meta.dirname, '../../docs/guides/split-keys.md'), 'utf8')
const blocks = [...page.matchAll(/^```sh run\n([\s\S]*?)^```$/gm)].map(([, text = '']) =>
  text.split('\n').filter((line) => line !== ''),
)
const run = promisify(execFile)
const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
)
if (!hasCurl) process.stderr.write('SKIP: without curl the lines of the guide are not run\n')

it.skipIf(testCaddy === null || !hasCurl)(
  'P25: the three calls of docs/guides/split-keys.md do what it says',
  async () => {
    const apps = await startAppStack({ env: { OPENAI_API_KEY: 'sk-of-the-operator-0123456789' } })
    try {
      const { stack } = apps
      const key = 'sk-of-the-user-0123456789'
      const variables: Record<string, string> = {
        ...{ PATH: process.env['PATH'] ?? '', CA: basename(stack.caFile) },
        ...{ SECRET: apps.secret, KEY: key },
      }
      const shell = async (line = '') => {
        const text = line
          .replace('https://localhost:8443', stack.url)
          .replace('curl ', 'curl -sS --fail-with-body ')
        // The stack's folder has a space in its name, and the guide's has none.
        const options = { cwd: dirname(stack.caFile), env: variables }
        return JSON.parse((await run('sh', ['-c', text], options)).stdout)
      }
      const [[token], [serverKey], [split, use]] = blocks as [string[], string[], string[]]
      expect(blocks.flat()).toHaveLength(4)
      variables['TOKEN'] = (await shell(token)).token
      await shell(serverKey)
      variables['PART'] = (await shell(split)).data.clientPart
      await shell(use)
      expect(apps.seen.map(({ headers }) => headers.authorization)).toEqual([
        ...['Bearer sk-of-the-operator-0123456789', `Bearer ${key}`],
      ])
    } finally {
      await apps.stop()
    }
  },
)
