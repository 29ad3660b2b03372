import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { type RawUpstream, startRawUpstream } from '../../test/support/raw-upstream.ts'
import { resetCode } from './connector.ts'
import { createDocumentFetcher } from './fetch-document.ts'

/*
 * An answer with neither a length nor chunks ends with its connection. After a FIN it is complete
 * (RFC 9112 §6.3); after a reset the missing part is unknown.
 */

const authority = makeCertificate({ name: 'authority', isAuthority: true })
const heads = {
  'without length or chunks': 'HTTP/1.1 200 OK\r\n\r\n',
  'of HTTP/1.0': 'HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n',
  'that says it closes': 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n',
}
const documents = createDocumentFetcher({ timeoutMs: 5_000 })
const upstreams: Record<string, RawUpstream> = {}
beforeAll(async () => {
  const certificate = makeCertificate({ issuer: authority })
  upstreams['http'] = await startRawUpstream()
  upstreams['https'] = await startRawUpstream({ certificate })
})
afterAll(async () => {
  await documents.close()
  await Promise.all(Object.values(upstreams).map((upstream) => upstream.close()))
})

const fetchFrom = async (scheme: string, parts: readonly string[], finish: 'end' | 'reset') => {
  const upstream = upstreams[scheme] as RawUpstream
  upstream.answerWith({ name: 'closed', parts, finish })
  const ca = scheme === 'https' ? authority.cert : undefined
  return await documents
    .fetch(upstream.url, { ca })
    .catch(({ code }: NodeJS.ErrnoException) => `fault ${code}`)
}

describe.each(['http', 'https'])('over %s an answer', (scheme) => {
  describe.each(Object.entries(heads))('%s', (_, head) => {
    it('that is reset fails, whatever part arrived', async () => {
      const halves = [[`${head}half`], [head, 'half'], [head], [head, 'a', 'b', 'c']]
      for (const parts of [...halves, [`${head}${'x'.repeat(60_000)}`]]) {
        const got = await fetchFrom(scheme, parts, 'reset')
        expect([parts.length, got]).toEqual([parts.length, `fault ${resetCode}`])
      }
    })

    it('that ends by a FIN is complete', async () => {
      for (const parts of [[`${head}whole`], [head, 'wh', 'ole']]) {
        expect(await fetchFrom(scheme, parts, 'end')).toBe('whole')
      }
    })
  })
})
