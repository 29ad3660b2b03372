/**
 * Trailers are fields too: servers that merge them into the head would believe an identity that
 * stands behind a body. None of ours may reach an application that way, announced or not.
 */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { trailerLines } from './support/chunk-mutations.ts'
import { type Battlefield, mallory, openBattlefield } from './support/field.ts'

describe.skipIf(testCaddy === null)('trailers', () => {
  let field: Battlefield
  let application: Server
  let trailers: string[] = []
  beforeAll(async () => {
    application = createServer((request, response) => {
      request.resume().once('end', () => {
        trailers.push(...request.rawTrailers)
        response.end('{}')
      })
    }).listen(0, '127.0.0.1')
    await once(application, 'listening')
    const { port } = application.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    field = await openBattlefield({ env: { TTS_URL: url }, ollamaUrl: url })
  })
  afterAll(async () => {
    await field?.stop()
    application?.closeAllConnections()
    application?.close()
  })

  const paths = ['/tts/x', '/chat/api/generate', '/ollama/v1/audio/transcriptions']
  const cases = paths.flatMap((path) =>
    trailerLines.flatMap(([name, line]) =>
      [true, false].map((isAnnounced) => ({ path, name, line, isAnnounced })),
    ),
  )

  it.each(cases)(
    'carry nothing to $path: $name, announced $isAnnounced',
    async ({ path, line, isAnnounced }) => {
      trailers = []
      const fields = [
        ...[`POST ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${mallory.key}`],
        ...['Transfer-Encoding: chunked', 'Connection: close'],
        ...(isAnnounced ? [`Trailer: ${line.split(':', 1)[0]}`] : []),
      ]
      const bytes = `${fields.join('\r\n')}\r\n\r\n1\r\nA\r\n0\r\n${line}\r\n\r\n`
      await field.attack(bytes, { isSettled: (text) => text !== '' })
      const isOurs = /^(?:x[-_.]gatekeeper|authorization|x-api-key|cookie|host|x-forwarded)/i
      expect(trailers.filter((text, at) => at % 2 === 0 && isOurs.test(text))).toEqual([])
    },
  )
})
