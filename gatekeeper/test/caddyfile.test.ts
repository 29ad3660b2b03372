import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadFrontSecrets } from '../src/config/front-secrets.ts'
import { readGatewayFile } from '../src/config/gateway-file.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { testCaddy } from './support/stack.ts'

const root = resolve(import.meta.dirname, '../..')

type Node = { readonly [name: string]: unknown }

describe.skipIf(testCaddy === null)('the Caddyfile that we ship', () => {
  let folder: string
  let adapted: Node
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'gk-caddyfile-'))
    mkdirSync(join(folder, 'caddy'))
    cpSync(join(root, 'caddy/Caddyfile'), join(folder, 'Caddyfile'))
    loadFrontSecrets(folder)
    adapted = adapt(folder)
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('has no admin endpoint and saves no copy of itself', () => {
    expect(adapted['admin']).toEqual({ disabled: true, config: { persist: false } })
  })

  it('asks before every proxy that is not the gatekeeper itself', () => {
    const chains = proxyChains(adapted)
    expect(chains.length).toBeGreaterThanOrEqual(5)
    for (const chain of chains) {
      const kinds = chain.map(kindOf)
      const isGuarded = kinds.at(-1) === 'relay' || kinds.at(-2) === 'gate'
      expect({ kinds, isGuarded }).toEqual({ kinds, isGuarded: true })
    }
  })

  it('believes a yes only with status 200, the proof and an identity', () => {
    const { proof } = loadFrontSecrets(folder)
    const gates = proxyChains(adapted).flatMap((chain) =>
      chain.filter((at) => kindOf(at) === 'gate'),
    )
    for (const gate of gates) {
      const [allow, preflight, odd] = gate['handle_response'] as Node[]
      expect(allow?.['match']).toEqual({
        status_code: [200],
        headers: { 'X-Gatekeeper-Proof': [proof], 'X-Gatekeeper-User': ['*'] },
      })
      expect(preflight?.['match']).toMatchObject({ headers: { 'X-Gatekeeper-Proof': [proof] } })
      expect(odd?.['match']).toEqual({ status_code: [1, 2, 3] })
      expect(gate['transport']).toMatchObject({ keep_alive: { enabled: false } })
    }
  })

  it('has no proxy where errors are handled, which would let requests in while the gatekeeper is down', () => {
    expect(findAll(adapted, 'errors').length).toBeGreaterThan(0)
    for (const errors of findAll(adapted, 'errors')) {
      expect(JSON.stringify(errors)).not.toContain('reverse_proxy')
    }
  })

  it('has a block for every check route of gatekeeper.yaml, and the relay for every other', () => {
    const caddyfile = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')
    const relayed = /@relay path (.*)/.exec(caddyfile)?.[1]?.split(' ') ?? []
    const { settings } = readSettings({
      ...{ folder: root, platform: 'linux', readFile: () => '' },
      env: { LITELLM_URL: 'http://127.0.0.1:4000' },
    })
    const source = readFileSync(join(root, 'gatekeeper.yaml'), 'utf8')
    const { services } = readGatewayFile(source, 'gatekeeper.yaml', {
      settings,
      readFile: () => '',
    })
    expect(services.length).toBeGreaterThan(3)
    for (const { name, routes } of services) {
      for (const { prefix, mode } of routes) {
        if (mode === 'relay') expect(relayed).toContain(`${prefix}/*`)
        else
          expect(caddyfile).toMatch(
            new RegExp(`handle_path ${prefix}/\\* \\{\\s+route \\{\\s+import gate ${name}\\b`),
          )
      }
    }
  })
})

function adapt(folder: string): Node {
  const env = { PATH: process.env['PATH'], GATEKEEPER_STATE_DIR: folder }
  const words = ['adapt', '--config', join(folder, 'Caddyfile'), '--adapter', 'caddyfile']
  const text = execFileSync(testCaddy ?? '', words, { env, encoding: 'utf8', stdio: 'pipe' })
  return JSON.parse(text) as Node
}

/** Every proxy with those that run before it in the same route. */
function proxyChains(node: unknown): Node[][] {
  if (Array.isArray(node)) return node.flatMap(proxyChains)
  if (typeof node !== 'object' || node === null) return []
  const routes = (node as Node)['routes']
  const own = Array.isArray(routes)
    ? routes.flatMap((route) => ((route as Node)['handle'] ?? []) as Node[])
    : []
  const proxies = own.filter(({ handler }) => handler === 'reverse_proxy')
  const chains = proxies
    .map((_proxy, at) => proxies.slice(0, at + 1))
    .filter((chain) => kindOf(chain.at(-1) as Node) !== 'gate')
  return [...chains, ...Object.values(node).flatMap(proxyChains)]
}

function kindOf(proxy: Node): 'gate' | 'relay' | 'service' {
  const text = JSON.stringify(proxy)
  if (text.includes('/check/')) return 'gate'
  return text.includes('/livez') ? 'relay' : 'service'
}

function findAll(node: unknown, name: string): unknown[] {
  if (typeof node !== 'object' || node === null) return []
  const own = !Array.isArray(node) && name in node ? [(node as Node)[name]] : []
  return [...own, ...Object.values(node).flatMap((child) => findAll(child, name))]
}
