/** What happens while the pictures are made: some requests wait, and some are refused. */
import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Setup } from '../test/launch.ts'
import type { PictureKey } from './picture-keys.ts'

type Call = { readonly path: string; readonly model: string; readonly secret: string }

/** Sends them, and returns what ends those that wait. */
export async function sendRequests(setup: Setup, keys: readonly PictureKey[]): Promise<() => void> {
  const secretOf = (user: string) => keys.find((key) => key.user === user)?.secret ?? ''
  const ca = readFileSync(join(setup.folder, 'state/caddy/pki/authorities/local/root.crt'))
  const send = ({ path, model, secret }: Call) => {
    const sent = request({
      ...{ host: '127.0.0.1', servername: 'localhost', port: setup.port, path, ca, method: 'POST' },
      headers: {
        ...{ host: `localhost:${setup.port}`, 'content-type': 'application/json' },
        ...(secret !== '' && { authorization: `Bearer ${secret}` }),
      },
    })
    sent.on('error', () => {}).on('response', (response) => void response.resume())
    sent.end(JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }))
    return () => void sent.destroy()
  }
  const refused: readonly Call[] = [
    { path: '/api/chat', model: 'llama3.2', secret: '' },
    { path: '/api/chat', model: 'llama3.2', secret: secretOf('guest') },
    { path: '/api/chat', model: 'qwen3:32b', secret: secretOf('paperless') },
    { path: '/api/pull', model: 'qwen3:32b', secret: secretOf('open-webui') },
  ]
  for (const call of refused) {
    send(call)
    await sleep(300)
  }
  const waiting = ['open-webui', 'home-assistant', 'paperless'].map((user) =>
    send({ path: '/api/chat', model: 'llama3.2', secret: secretOf(user) }),
  )
  return () => {
    for (const end of waiting) end()
  }
}
