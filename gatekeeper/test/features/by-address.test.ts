import { request } from 'node:https'
import { describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

/** Caddy makes one name's certificate after the other, and serves meanwhile. */
const hasCertificate = ({ caddy }: Stack, name: string) =>
  waitUntil(() => caddy.output().includes(`obtained successfully","identifier":"${name}"`), {
    ...{ limitMs: 15_000, child: caddy, describe: caddy.output },
  })

describe.skipIf(testCaddy === null)('a call by address, which names no server in TLS', () => {
  // The second one is a call through a forwarded port: Caddy sees another address of its own.
  it.each(['127.0.0.2', '127.0.0.1'])(
    'gets the certificate of the address: by %s',
    async (host) => {
      const env = { GATEKEEPER_SITE: 'localhost,127.0.0.2', GATEKEEPER_BIND: '0.0.0.0' }
      const stack = await startStack({ env })
      await hasCertificate(stack, '127.0.0.2')
      const { promise, resolve, reject } = Promise.withResolvers<string>()
      const options = { host, port: stack.httpsPort, path: '/health', ca: stack.ca, servername: '' }
      const headers = { host: '127.0.0.2' }
      const checkServerIdentity = (
        _host: string,
        { subjectaltname }: { subjectaltname?: string },
      ) => {
        resolve(subjectaltname ?? '')
        return undefined
      }
      request({ ...options, headers, checkServerIdentity })
        .on('error', reject)
        .end()
      expect(await promise).toBe('IP Address:127.0.0.2')
      await stack.stop()
    },
  )
})

describe.skipIf(testCaddy === null)(
  'by address and by name, with only our certificate and its root:',
  () => {
    it.each([
      ['as shipped', {}, '127.0.0.1'],
      ['IPv6', { GATEKEEPER_SITE: 'localhost,[::1]', GATEKEEPER_BIND: '::' }, '[::1]'],
    ])('%s', async (_, env, host) => {
      const stack = await startStack({ env })
      await hasCertificate(stack, host.replace(/[[\]]/g, ''))
      for (const name of [host, 'localhost']) {
        const origin = `https://${name}:${stack.httpsPort}`
        const answer = await stack.dispatcher.request({ origin, path: '/health', method: 'GET' })
        expect([name, answer.statusCode]).toEqual([name, 200])
        await answer.body.dump()
      }
      // Our name as an issuer is the first site, whatever our other names.
      const { text } = await stack.send('/.well-known/oauth-authorization-server')
      expect(JSON.parse(text)).toMatchObject({ issuer: stack.url })
      const redirect = await fetch(`http://${host}:${stack.httpPort}/health`, {
        redirect: 'manual',
      })
      expect(redirect.headers.get('location')).toBe(`https://${host}:${stack.httpsPort}/health`)
      await stack.stop()
    })
  },
)
