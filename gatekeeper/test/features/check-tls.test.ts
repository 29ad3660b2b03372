import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Certificate, makeCertificate } from '../support/certificate.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ services: ['good', 'unnamed', 'expired', 'other'] })
const authority = makeCertificate({ name: 'authority', isAuthority: true })

describe.skipIf(testCaddy === null)(
  'a checked service with a private certificate authority',
  () => {
    let stack: Stack
    const servers: Server[] = []
    const serve = async ({ cert, key }: Certificate) => {
      const server = createServer({ cert, key }, (request, response) =>
        response.writeHead(200, { location: `https://${request.headers.host}/x` }).end(request.url),
      )
      servers.push(server.listen(0, '127.0.0.1'))
      await once(server, 'listening')
      return `https://localhost:${(server.address() as AddressInfo).port}/base`
    }
    beforeAll(async () => {
      const ca = join(tmpdir(), `gk-ca-${process.pid}.pem`)
      writeFileSync(ca, `${authority.cert}\n${makeCertificate({ isAuthority: true }).cert}`)
      const good = await serve(makeCertificate({ issuer: authority }))
      const expired = await serve(makeCertificate({ issuer: authority, days: -1 }))
      const other = await serve(makeCertificate({ issuer: authority, host: 'elsewhere.example' }))
      const entry = (name: string, url: string, tls = `, tls: {ca: "${ca}"}`) =>
        `  ${name}: {kind: http, upstream: {url: "${url}"${tls}}, routes: [{prefix: /${name}, strip: true}]}`
      const lines = [
        entry('good', good),
        entry('unnamed', good, ''),
        entry('expired', expired),
        entry('other', other.replace('localhost', '127.0.0.1')),
      ]
      stack = await startStack({
        keys: [ada],
        config: `version: 1\nservices:\n${lines.join('\n')}\n`,
      })
    })
    afterAll(async () => {
      await stack?.stop()
      for (const server of servers) server.close()
    })
    const get = (path: string) => stack.send(path, { key: ada.key })

    it('is trusted with the file that the service names, and for no other service', async () => {
      const answer = await get('/good/a?b')
      expect([answer.status, answer.text]).toEqual([200, '/base/a?b'])
      expect(answer.headers['location']).toBe('/good/x')
      expect((await get('/unnamed/a')).status).toBe(502)
    })

    it.each([
      ['unnamed', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls: {ca: FILE}'],
      ['expired', 'CERT_HAS_EXPIRED', 'renew it'],
    ])('an untrusted one is reported with the fix: %s', async (name, code, cure) => {
      const answer = await get(`/${name}/x`)
      expect(answer.status).toBe(502)
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'upstream_untrusted' } })
      expect(answer.text).not.toMatch(/x509|localhost/)
      await waitUntil(() => stack.gatekeeper.output().includes(code), {
        ...{ limitMs: 5_000, describe: stack.gatekeeper.output },
      })
      const { gatekeeper } = stack
      expect(gatekeeper.output()).toMatch(
        new RegExp(`"service":"${name}".*${cure.replace(/[{}]/g, '.')}`),
      )
    })
  },
)
