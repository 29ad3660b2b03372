import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeServiceBlocks } from '../src/config/blocks/service-blocks.ts'
import { loadFrontSecrets } from '../src/config/front-secrets.ts'
import { waitUntil } from './support/child.ts'
import { makeKey } from './support/keys.ts'
import { type Stack, startStack, testCaddy } from './support/stack.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/guides/domains.md'), 'utf8')
const shipped = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')

/** The blocks of lines that belong in `servers { … }` by docs/guides/domains.md. */
const blocks = [...guide.matchAll(/^```\n(trusted_proxies[\s\S]*?)^```$/gm)].map(
  (match) => match[1] ?? '',
)
const withBlock = (text: string, block: string) => text.replace('servers {\n', `$&${block}`)

describe.skipIf(testCaddy === null)('the guide to names and proxies', () => {
  it('has lines that Caddy accepts, and trusts one kind of field from few addresses', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gk-guide-'))
    try {
      loadFrontSecrets(folder)
      const told = { stateDir: folder, sites: ['localhost'], outcomesListen: null }
      const site = { site: 'console.localhost', port: 8444 }
      writeServiceBlocks({ ...told, console: site, consoleListen: null }, [])
      const file = join(folder, 'Caddyfile')
      const env = { PATH: process.env['PATH'], GATEKEEPER_STATE_DIR: folder }
      expect(blocks.length).toBe(3)
      for (const block of blocks) {
        writeFileSync(file, withBlock(shipped, block))
        const words = ['adapt', '--config', file, '--adapter', 'caddyfile']
        const text = execFileSync(testCaddy ?? '', words, { env, encoding: 'utf8', stdio: 'pipe' })
        const servers = Object.values(JSON.parse(text).apps.http.servers)
        for (const server of servers as Record<string, unknown>[]) {
          expect(server).toMatchObject({ trusted_proxies_strict: 1 })
          expect(server['client_ip_headers']).toHaveLength(1)
          expect(JSON.stringify(server['trusted_proxies'])).not.toMatch(/private_ranges|\/0"/)
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  describe('behind a proxy on this machine', () => {
    const far = makeKey({ addresses: ['203.0.113.9/32'] })
    const stated = { 'x-forwarded-for': '203.0.113.9' }
    const ask = async (stack: Stack, fields: Record<string, string>) =>
      (await stack.send('/api/tags', { key: far.key, headers: fields })).status
    let plain: Stack
    let trusting: Stack
    beforeAll(async () => {
      const block = blocks.find((text) => text.includes('127.0.0.1')) ?? ''
      plain = await startStack({ keys: [far] })
      trusting = await startStack({ keys: [far], caddyfile: (text) => withBlock(text, block) })
    })
    afterAll(async () => {
      await plain?.stop()
      await trusting?.stop()
    })

    it('the address that the proxy states counts', async () => {
      expect(await ask(trusting, stated)).toBe(200)
      expect(await ask(trusting, {})).toBe(403)
    })

    it('an address that the client put there does not', async () => {
      const lie = { 'x-forwarded-for': '203.0.113.9, 198.51.100.1' }
      expect(await ask(trusting, lie)).toBe(403)
    })

    it('without the lines no stated address counts', async () => {
      expect(await ask(plain, stated)).toBe(403)
      await waitUntil(() => plain.gatekeeper.output().includes('"127.0.0.1"'), {
        ...{ limitMs: 5_000, describe: plain.gatekeeper.output },
      })
    })
  })
})
