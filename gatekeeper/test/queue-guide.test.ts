import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readGatewayFile } from '../src/config/gateway-file.ts'
import { readSettings } from '../src/config/read-settings.ts'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/guides/queue-and-usage.md'), 'utf8')
const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '')

const readFile = () => {
  throw new Error('the guide needs no other file')
}
const read = (text: string) => {
  const { settings } = readSettings({ env: {}, folder: root, platform: 'linux', readFile })
  return readGatewayFile(text, join(root, 'gatekeeper.yaml'), { settings, readFile })
}

describe('docs/guides/queue-and-usage.md', () => {
  it('shows files that load unchanged', () => {
    expect(blocks).toHaveLength(2)
    for (const block of blocks) expect(read(block).problems).toEqual([])
  })

  it('lists the defaults: omitting them changes nothing', () => {
    const [block = ''] = blocks
    const short = block.replace(/ +(slots|queue):.*\n/g, '')
    expect(short).not.toBe(block)
    expect(read(short).services).toEqual(read(block).services)
  })

  it('has prices that load as described', () => {
    const prices = read(blocks[1] ?? '').services[0]?.prices
    expect(prices?.map(({ model }) => model)).toEqual(['house-model', 'gpt-5*'])
    expect(prices?.[0]?.price.inputMicroUsdPerMillion).toBe(100_000)
  })
})
