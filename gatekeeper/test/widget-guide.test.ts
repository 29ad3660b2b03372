/** The examples of docs/guides/widget.md load, and its table has the bounds as they are shipped. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { readGatewayFile } from '../src/config/gateway-file.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { widgetSchema } from '../src/config/widget-schema.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/guides/widget.md'), 'utf8')
const blocks = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text)
const head = 'version: 1\nservices:\n  ollama: {kind: ollama, routes: [{prefix: /v1}]}\n'

it('every example is valid beside a provider', () => {
  const readFile = (path: string) => {
    if (path.endsWith('prompts/shop.txt')) return 'Be kind.'
    throw Object.assign(new Error(path), { code: 'ENOENT' })
  }
  const env = { OPENAI_API_KEY: 'k'.repeat(30), ALLOWED_ORIGIN: 'https://shop.example' }
  const { settings } = readSettings({ env, folder: root, platform: 'linux', readFile })
  expect(blocks).toHaveLength(2)
  for (const block of blocks) {
    const { problems, services } = readGatewayFile(head + block, join(root, 'gatekeeper.yaml'), {
      settings,
      readFile,
    })
    expect([block, problems]).toEqual([block, []])
    expect(services.some(({ name }) => name === 'widget')).toBe(true)
  }
})

it('every bound is in its table with the amount that is shipped', () => {
  const { caps, budget } = widgetSchema.parse({})
  for (const [name, amount] of Object.entries({ ...caps, ...budget })) {
    const row = guide
      .split('\n')
      .find((line) => line.startsWith('|') && line.includes(`.${name}\``))
    const shown = name === 'window' ? 'in a minute' : Number(amount).toLocaleString('en-US')
    expect([name, row]).toEqual([name, expect.stringContaining(shown)])
  }
})
