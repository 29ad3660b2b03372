import { request } from 'node:https'
import { describe, expect, it } from 'vitest'
import { startStack, testCaddy } from '../support/stack.ts'

describe.skipIf(testCaddy === null)('a call by address, which names no server in TLS', () => {
  // The second one is a call through somebody's forwarded port: Caddy sees another address of its own.
  it.each(['127.0.0.2', '127.0.0.1'])(
    'gets the certificate of the address: by %s',
    async (host) => {
      const env = { GATEKEEPER_SITE: 'localhost,127.0.0.2', GATEKEEPER_BIND: '0.0.0.0' }
      const stack = await startStack({ env })
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
