/**
 * Trailers are fields too: servers that merge them into the head would believe an identity that
 * stands behind a body. None of ours may reach an application that way, announced or not.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCaddy } from '../support/stack.ts'
import { type AppServer, startApp } from './support/app-server.ts'
import { type Battlefield, mallory, openBattlefield } from './support/field.ts'
import { trailerLines } from './support/framing/chunk-mutations.ts'

describe.skipIf(testCaddy === null)('trailers', () => {
  let field: Battlefield
  let app: AppServer
  beforeAll(async () => {
    app = await startApp((response) => void response.end('{}'))
    field = await openBattlefield({ env: { TTS_URL: app.url }, ollamaUrl: app.url })
  })
  afterAll(async () => {
    await field?.stop()
    await app?.close()
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
      app.seen.length = 0
      const fields = [
        ...[`POST ${path} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${mallory.key}`],
        ...['Transfer-Encoding: chunked', 'Connection: close'],
        ...(isAnnounced ? [`Trailer: ${line.split(':', 1)[0]}`] : []),
      ]
      const bytes = `${fields.join('\r\n')}\r\n\r\n1\r\nA\r\n0\r\n${line}\r\n\r\n`
      await field.attack(bytes, { isSettled: (text) => text !== '' })
      const isOurs = /^(?:x[-_.]gatekeeper|authorization|x-api-key|cookie|host|x-forwarded)/i
      const trailers = app.seen.flatMap(({ rawTrailers }) => rawTrailers)
      expect(trailers.filter((text, at) => at % 2 === 0 && isOurs.test(text))).toEqual([])
    },
  )
})
