import { describe, expect, it } from 'vitest'
import { now, openCloneForEach } from '../../test/clone.ts'
import { isHoledLitellm, versions } from './versions.ts'

const clone = openCloneForEach()

const examine = async (image: string, env: Record<string, string> = {}) => {
  await clone.write('docker-compose.yml', `services:\n  a:\n    image: ${image}\n`)
  return await clone.examine(versions, env)
}

describe('an image', () => {
  it.each([
    'caddy:2.11.4',
    'caddy:2.11.7-alpine',
    'docker.io/library/caddy:2.12.0',
    'ghcr.io/berriai/litellm:main-v1.83.7-stable',
    'litellm/litellm:v1.106.4',
    'litellm/litellm:v1.81.15',
    'ollama/ollama:latest',
    'registry.lan:5000/litellm@sha256:0123',
    'gatekeeper-caddy:local',
  ])('%s is right', async (image) => {
    expect(await examine(image)).toEqual([])
  })

  it.each([
    'caddy:2.11.3',
    'caddy:2.10.2-alpine',
    'caddy:2.11.4-rc.1',
    'ghcr.io/berriai/litellm:main-v1.82.7',
    'litellm/litellm:1.82.8',
    'ghcr.io/berriai/litellm-non_root:v1.107.0-stable',
    'litellm/litellm:v1.81.16',
    'litellm/litellm:v1.83.6',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own syntax
    '${NOWHERE:-caddy:2.9.1}',
  ])('%s has known holes', async (image) => {
    expect(await examine(image)).toMatchObject([{ level: 'error', line: 3 }])
  })

  it.each([
    'caddy',
    'caddy:latest',
    'caddy:2-alpine',
    'litellm/litellm',
    'registry.lan:5000/caddy',
  ])('%s is not pinned', async (image) => {
    expect(await examine(image)).toMatchObject([{ level: 'warning', line: 3 }])
  })

  it('that an image is built from counts, and so does a variable of .env', async () => {
    const text =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own syntax
      'x-i: &i ${CADDY_IMAGE:-caddy:2.11.7}\nservices:\n  caddy:\n    image: own:1\n    build: {args: {CADDY_IMAGE: *i}}\n'
    await clone.write('docker-compose.yml', text)
    expect(await clone.examine(versions)).toEqual([])
    await clone.write('.env', 'CADDY_IMAGE=caddy:2.10.0\n')
    expect(await clone.examine(versions)).toMatchObject([{ level: 'error', line: 1 }])
  })
})

describe('a LiteLLM that runs', () => {
  const env = { LITELLM_URL: 'http://127.0.0.1:4000', LITELLM_MASTER_KEY: 'sk-secret' }
  const answering = (version: string) => ({
    get: async (url: string) =>
      url === 'http://127.0.0.1:4000/health/readiness'
        ? { status: 200, dateAt: now, text: JSON.stringify({ litellm_version: version }) }
        : null,
  })

  it('is asked for its version', async () => {
    expect(await clone.examine(versions, env, answering('1.106.4'))).toEqual([])
    expect(await clone.examine(versions, env, answering('1.82.8'))).toMatchObject([
      { level: 'error', source: env.LITELLM_URL, what: expect.stringContaining('1.82.8') },
    ])
  })

  it('that does not tell is no finding', async () => {
    expect(await clone.examine(versions, env)).toEqual([])
  })
})

it('versions are compared as numbers', () => {
  for (const version of ['1.9.0', '1.81.15', '1.83.7', '1.100.0', '2.0.0']) {
    expect({ version, is: isHoledLitellm(version) }).toEqual({ version, is: false })
  }
  for (const version of ['1.81.16', '1.82.0', '1.83.0', '1.107.0']) {
    expect({ version, is: isHoledLitellm(version) }).toEqual({ version, is: true })
  }
})
