import { describe, expect, it } from 'vitest'
import { openCloneForEach } from '../../test/clone.ts'
import { ports } from './ports.ts'

const clone = openCloneForEach()

const compose = (service: string, name = 'ollama') => `services:\n  ${name}:\n    ${service}\n`
const examine = async (text: string) => {
  await clone.write('docker-compose.yml', text)
  return await clone.examine(ports)
}

describe('a compose file', () => {
  it('in which caddy alone publishes ports is right', async () => {
    expect(await examine(compose('ports: ["8443:8443", "80:80/tcp"]', 'caddy'))).toEqual([])
    expect(await examine(compose('networks: [ollama]'))).toEqual([])
    expect(await examine(compose('network_mode: none'))).toEqual([])
  })

  it.each([
    'ports: ["11434:11434"]',
    'ports: [11434]',
    'ports: ["0.0.0.0:11434:11434"]',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the file's own syntax
    'ports: ["${NOWHERE:-11434}:11434/tcp"]',
    'ports: [{target: 11434, published: 11434}]',
    'network_mode: host',
    'privileged: true',
    'volumes: ["/var/run/docker.sock:/var/run/docker.sock:ro"]',
  ])('with a service of `%s` is an error, with its line', async (service) => {
    expect(await examine(compose(service))).toMatchObject([
      { level: 'error', line: 3, what: expect.stringContaining('ollama') },
    ])
  })

  it('finds it behind anchors and merged maps too', async () => {
    const text = `x-a: &a\n  ports: ["11434:11434"]\nservices:\n  ollama:\n    <<: *a\n`
    expect(await examine(text)).toMatchObject([{ level: 'error', line: 2 }])
  })

  it('that publishes a service on loopback, or shares a network, is warned of', async () => {
    for (const service of ['ports: ["127.0.0.1:11434:11434"]', 'network_mode: service:caddy']) {
      expect(await examine(compose(service))).toMatchObject([{ level: 'warning', line: 3 }])
    }
  })

  it('that publishes the admin endpoint of Caddy is an error', async () => {
    const found = await examine(compose('ports: ["127.0.0.1:2019:2019"]', 'caddy'))
    expect(found).toMatchObject([{ level: 'error', what: expect.stringContaining('admin') }])
  })

  it('of any other name is looked at as well, and one that is not YAML is named', async () => {
    await clone.write('compose.override.yaml', compose('network_mode: host'))
    expect(await clone.examine(ports)).toMatchObject([{ level: 'error' }])
    await clone.write('compose.override.yaml', 'services: [')
    expect(await clone.examine(ports)).toMatchObject([{ level: 'warning' }])
  })
})

describe('listeners', () => {
  it('on sockets and loopback are right', async () => {
    expect(await clone.examine(ports, { GATEKEEPER_RELAY_LISTEN: '127.0.0.1:9001' })).toEqual([])
  })

  it('of the gatekeeper that others reach are warned of', async () => {
    const found = await clone.examine(ports, { GATEKEEPER_CHECK_LISTEN: '0.0.0.0:9002' })
    expect(found).toMatchObject([{ level: 'warning', source: 'GATEKEEPER_CHECK_LISTEN' }])
  })

  it('for everybody, with a service that asks for no key, are warned of', async () => {
    const yaml =
      'version: 1\nservices:\n  tts: {kind: http, anonymous: true, routes: [{prefix: /tts}]}\n'
    await clone.write('gatekeeper.yaml', yaml)
    expect(await clone.examine(ports)).toEqual([])
    const found = await clone.examine(ports, { GATEKEEPER_BIND: '0.0.0.0' })
    expect(found).toMatchObject([{ level: 'warning', what: expect.stringMatching(/^tts answers/) }])
  })
})
