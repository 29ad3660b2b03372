import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import {
  broken,
  framings,
  type RawAnswer,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from '../../test/support/raw-upstream.ts'
import { createDocumentFetcher, type DocumentFetcher } from './fetch-document.ts'

/*
 * Over real sockets. An error without a listener ends the process, and here the run: vitest fails
 * if an error reaches no listener, whichever test it came from.
 */

const text = JSON.stringify({ keys: [], padding: 'x'.repeat(3_000) })
let upstream: RawUpstream
let documents: DocumentFetcher
beforeAll(async () => {
  upstream = await startRawUpstream()
  documents = createDocumentFetcher({ timeoutMs: 3_000 })
})
afterAll(async () => {
  await documents?.close()
  await upstream?.close()
})

/** The text, or the code of the failure. */
const fetchOnce = async (answer: RawAnswer): Promise<string> => {
  upstream.answerWith(answer)
  return await documents.fetch(upstream.url).catch(codeOf)
}
const codeOf = ({ code, name }: NodeJS.ErrnoException) => `fault ${code ?? name}`
const statuses = Array.from({ length: 400 }, (_, at) => at + 200)

describe('a document', () => {
  it('is complete in every framing', async () => {
    for (const answer of framings(200, text)) {
      expect([answer.name, await fetchOnce(answer)]).toEqual([answer.name, text])
    }
  })

  it.each([
    ['whole', text],
    ['without content', ''],
  ])(
    'of any other status is refused for its status, in every framing: %s',
    async (_, body) => {
      for (const status of statuses.filter((one) => one !== 200)) {
        // All of them for some statuses: those that mean something to a parser or to a client.
        const isTried = [201, 204, 205, 206, 301, 304, 401, 404, 407, 421, 500, 503].includes(
          status,
        )
        const answers = framings(status, body)
        for (const answer of isTried ? answers : answers.slice(0, 1)) {
          const got = await fetchOnce(answer)
          expect([status, answer.name, got]).toEqual([status, answer.name, `fault HTTP_${status}`])
        }
      }
    },
    60_000,
  )

  it.each([200, 404, 503])(
    'that breaks off at any point is refused: status %d',
    async (status) => {
      for (const answer of broken(status, text)) {
        expect(await fetchOnce(answer), answer.name).toMatch(/^fault \w+$/)
      }
    },
    60_000,
  )

  it('of an error status is refused for its status even if its content never ends', async () => {
    const head = 'HTTP/1.1 503 Any\r\ncontent-length: 1000\r\n\r\n'
    for (const parts of [[head], [head, 'half'], [`${head}half`]]) {
      const got = await fetchOnce({ name: 'held', parts, finish: 'hold' })
      expect(got).toBe('fault HTTP_503')
    }
  })

  it('of a redirect is not followed, and its content does not matter', async () => {
    const before = upstream.requests()
    for (const content of ['', text]) {
      const length = `content-length: ${content.length}`
      const head = `HTTP/1.1 302 Found\r\nlocation: ${upstream.url}/other\r\n${length}\r\n\r\n`
      const got = await fetchOnce({ name: 'redirect', parts: [head + content], finish: 'hold' })
      expect(got).toBe('fault HTTP_302')
    }
    expect(upstream.requests() - before).toBe(2)
  })

  it('that is too large is refused while it arrives, in one packet or many, with or without an end', async () => {
    const block = 'x'.repeat(64 * 1024)
    const large = block.repeat(17)
    for (const parts of [[large], Array.from({ length: 17 }, () => block)]) {
      for (const finish of ['end', 'hold'] as const) {
        const head = 'HTTP/1.1 200 OK\r\n\r\n'
        const got = await fetchOnce({ name: 'large', parts: [head, ...parts], finish })
        expect(got.slice(0, 30)).toBe('fault TOO_LARGE')
      }
    }
    expect(await fetchOnce(wholeAnswer(200, large))).toBe('fault TOO_LARGE')
  })

  it('in a coding is refused, except identity', async () => {
    for (const [coding, expected] of [
      ['gzip', 'fault CONTENT_ENCODING'],
      ['identity, br', 'fault CONTENT_ENCODING'],
      ['identity', 'ab'],
      ['', 'ab'],
    ]) {
      const head = `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: 2\r\n\r\n`
      expect(await fetchOnce({ name: 'coded', parts: [`${head}ab`], finish: 'hold' })).toBe(
        expected,
      )
    }
  })

  it('that is slow is aborted, at every step', async () => {
    const fast = createDocumentFetcher({ timeoutMs: 50 })
    const head = 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n'
    for (const parts of [[], ['HTTP/1.1 2'], [head], [head, '12345']]) {
      upstream.answerWith({ name: 'slow', parts, finish: 'hold' })
      expect(await fast.fetch(upstream.url).catch(codeOf)).toBe('fault TIMEOUT')
    }
    await fast.close()
  })

  it('from an unreachable server is refused with the cause', async () => {
    const gone = await startRawUpstream()
    await gone.close()
    expect(await documents.fetch(gone.url).catch(codeOf)).toBe('fault ECONNREFUSED')
    expect(await documents.fetch('http://127.0.0.1:1/\u0000').catch(codeOf)).toMatch(/^fault /)
    expect(
      await documents.fetch(upstream.url, { fields: { 'bad name': 'x' } }).catch(codeOf),
    ).toMatch(/^fault UND_ERR_INVALID_ARG$/)
    expect(await documents.fetch('nothing').catch(codeOf)).toMatch(/^fault ERR_INVALID_URL$/)
  })

  it('requested while the fetcher closes is refused', async () => {
    const closing = createDocumentFetcher()
    upstream.answerWith({ name: 'held', parts: ['HTTP/1.1 200 OK\r\n\r\n'], finish: 'hold' })
    const under = closing.fetch(upstream.url).catch(codeOf)
    await closing.close()
    expect(await under).toMatch(/^fault UND_ERR_(?:DESTROYED|CLOSED|SOCKET|ABORTED)$/)
    expect(await closing.fetch(upstream.url).catch(codeOf)).toMatch(/^fault UND_ERR_DESTROYED$/)
  })
})

it('a document of a server with a private certificate authority needs that authority', async () => {
  const authority = makeCertificate({ name: 'authority', isAuthority: true })
  const { cert, key } = makeCertificate({ issuer: authority })
  const server = createServer({ cert, key }, (_, answer) => answer.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const fetcher = createDocumentFetcher()
  const other = makeCertificate({ isAuthority: true }).cert
  expect(await fetcher.fetch(url, { ca: authority.cert })).toBe('{}')
  // The trust in one server is not the trust in all: no connection is shared between them.
  for (const ca of [undefined, other]) {
    await expect(fetcher.fetch(url, { ca })).rejects.toMatchObject({
      code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    })
  }
  await fetcher.close()
  server.close()
})
