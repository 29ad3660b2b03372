import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../caddy/run-command.ts'
import { openCloneForEach } from '../../test/clone.ts'
import { systemOutside } from '../outside.ts'
import { exposure } from './exposure.ts'

const clone = openCloneForEach()

const testCaddy = process.env['GATEKEEPER_TEST_CADDY'] ?? ''

describe('an upstream', () => {
  it('that answers on loopback alone is right', async () => {
    expect(await clone.examine(exposure)).toEqual([])
  })

  it('that answers on an address of this machine is an error, with its own cure', async () => {
    const isOpen = async (host: string, port: number) => host === '192.168.1.20' && port === 11434
    expect(await clone.examine(exposure, {}, { isOpen })).toMatchObject([
      {
        level: 'error',
        source: 'ollama',
        what: expect.stringContaining('192.168.1.20:11434'),
        remedy: expect.stringContaining('OLLAMA_HOST=127.0.0.1'),
      },
    ])
  })

  it('elsewhere is nothing that can be judged from here', async () => {
    const isOpen = async () => true
    const elsewhere = ['OLLAMA_URL', 'TTS_URL', 'WHISPER_URL', 'IMAGE_URL']
    const env = Object.fromEntries(elsewhere.map((name) => [name, 'http://10.0.0.9:11434']))
    expect(await clone.examine(exposure, env, { isOpen })).toEqual([])
  })

  it('behind a check is found too', async () => {
    const env = { TTS_URL: 'http://localhost:8881' }
    const isOpen = async (_: string, port: number) => port === 8881
    const found = await clone.examine(exposure, env, { isOpen })
    expect(found).toMatchObject([{ level: 'error', source: 'tts' }])
  })

  it.skipIf(testCaddy === '')('in a hand-written block of the Caddyfile is found too', async () => {
    const { text } = (await clone.context({ GATEKEEPER_CADDY: testCaddy }, { run: runCommand }))
      .caddyfile as { text: string }
    const place = '\t# ---- everything else'
    await clone.write(
      'caddy/Caddyfile',
      text.replace(place, `handle_path /sd/* {\nreverse_proxy localhost:8882\n}\n${place}`),
    )
    const isOpen = async (_: string, port: number) => port === 8882
    const env = { GATEKEEPER_CADDY: testCaddy }
    const found = await clone.examine(exposure, env, { isOpen, run: runCommand })
    expect(found).toMatchObject([{ level: 'error', source: 'localhost:8882' }])
  })

  it('is really called: an open port is told from a closed one', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    expect(await systemOutside.isOpen('127.0.0.1', port)).toBe(true)
    server.close()
    await once(server, 'close')
    expect(await systemOutside.isOpen('127.0.0.1', port)).toBe(false)
  })
})
