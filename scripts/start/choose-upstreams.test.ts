import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { startDemoUpstream } from '../demo/demo-upstream.ts'
import { chooseUpstreams, probeUpstream } from './choose-upstreams.ts'

const demo = { url: 'http://127.0.0.1:5' } as Awaited<ReturnType<typeof startDemoUpstream>>

type World = {
  readonly env?: Record<string, string>
  readonly answers?: readonly string[]
  readonly isTerminal?: boolean
  readonly services?: readonly Service[]
}

async function choose({ env = {}, answers = [], isTerminal = false, services = [] }: World) {
  const source = { env, folder: '/gk', platform: 'linux', readFile: () => '' }
  const { settings } = readSettings(source)
  const probed: string[] = []
  const chosen = await chooseUpstreams(settings, services, {
    probe: async (kind) => {
      probed.push(kind)
      return answers.includes(kind)
    },
    startDemo: async () => demo,
    isTerminal,
  })
  return { ...chosen, probed }
}

const withUpstream = (name: string, origin: string) =>
  ({ name, upstream: { origin, key: null } }) as unknown as Service

describe('the upstreams', () => {
  it('that are configured are taken as they are, without a probe or a demonstration', async () => {
    const env = { OLLAMA_URL: 'http://gpu:11434', GATEKEEPER_DEMO: '1' }
    expect(await choose({ env, isTerminal: true })).toMatchObject({
      ...{ ollamaUrl: 'http://gpu:11434', litellmUrl: null, demo: null, probed: [] },
    })
  })

  it('of gatekeeper.yaml count as configured, so that nothing else takes their place', async () => {
    const services = [withUpstream('ollama', 'http://gpu:11434')]
    expect(await choose({ services, isTerminal: true })).toMatchObject({
      ...{ ollamaUrl: 'http://gpu:11434', demo: null, probed: [] },
    })
  })

  it('that answer at their usual addresses are found', async () => {
    const services = [withUpstream('ollama', 'http://127.0.0.1:11434')]
    const answers = ['ollama', 'litellm']
    const env = { LITELLM_MASTER_KEY: 'sk-1' }
    expect(await choose({ answers, env, services })).toMatchObject({
      ollamaUrl: 'http://127.0.0.1:11434',
      litellmUrl: 'http://127.0.0.1:4000',
      demo: null,
    })
  })

  it('a LiteLLM without master key is reported and not used', async () => {
    const chosen = await choose({ answers: ['litellm'] })
    expect(chosen.litellmUrl).toBeNull()
    expect(chosen.notes.join()).toMatch(/4000 but is not used: LITELLM_MASTER_KEY/)
  })

  it.each([
    { name: 'a person at a terminal', world: { isTerminal: true } },
    { name: 'GATEKEEPER_DEMO=1', world: { env: { GATEKEEPER_DEMO: '1' } } },
  ])('are a demonstration for $name where nothing answers, and it says so', async ({ world }) => {
    const chosen = await choose(world)
    expect(chosen).toMatchObject({ ollamaUrl: demo.url, demo })
    expect(chosen.notes.join()).toMatch(/DEMONSTRATION.*not a model/)
  })

  it('are never a demonstration where a real one answers', async () => {
    const chosen = await choose({ answers: ['ollama'], isTerminal: true })
    expect(chosen).toMatchObject({ ollamaUrl: 'http://127.0.0.1:11434', demo: null })
  })

  it('are nothing without a terminal where nothing answers, and that is said', async () => {
    const chosen = await choose({})
    expect(chosen).toMatchObject({ ollamaUrl: null, litellmUrl: null, demo: null })
    expect(chosen.notes.join()).toMatch(/503 until one does/)
  })
})

describe('the probe', () => {
  it('knows Ollama by its version, and takes no other server for it', async () => {
    const real = await startDemoUpstream()
    const other = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    const urlOf = (server: typeof other) =>
      `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    try {
      expect(await probeUpstream('ollama', real.url)).toBe(true)
      expect(await probeUpstream('litellm', real.url)).toBe(false)
      expect(await probeUpstream('ollama', urlOf(other))).toBe(false)
      expect(await probeUpstream('ollama', urlOf(silent))).toBe(false)
      expect(await probeUpstream('ollama', 'http://127.0.0.1:1')).toBe(false)
    } finally {
      await real.close()
      for (const server of [other, silent]) server.close().closeAllConnections()
    }
  })
})
