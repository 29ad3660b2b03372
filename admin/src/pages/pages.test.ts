import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestConsole, type TestConsole, testOrigin } from '../../test/support/test-console.ts'
import { readBuild } from './build-files.ts'
import { servePages } from './pages.ts'
import { wellKnownOf } from './well-known.ts'

let dist: string
let site: TestConsole

beforeEach(async () => {
  dist = mkdtempSync(join(tmpdir(), 'gk-dist-'))
  site = await openTestConsole()
})
afterEach(async () => {
  await site.close()
  rmSync(dist, { recursive: true, force: true })
})

const script = 'export const greeting = "hello"\n'.repeat(50)
const files = {
  'index.html': ['text/html; charset=utf-8', '<!doctype html>'],
  'assets/main-4f2a.js': ['text/javascript; charset=utf-8', script],
} as const

function build(digest: string, content: Readonly<Record<string, readonly [string, string]>>) {
  const folder = join(dist, digest)
  mkdirSync(join(folder, 'assets'), { recursive: true })
  for (const [name, [, text]] of Object.entries(content)) {
    writeFileSync(join(folder, name), text)
    writeFileSync(join(folder, `${name}.gz`), gzipSync(text))
    writeFileSync(join(folder, `${name}.br`), brotliCompressSync(text))
  }
  const listed = Object.entries(content).map(([name, [type]]) => [name, { type }])
  const manifest = JSON.stringify({ digest, firstView: [], files: Object.fromEntries(listed) })
  writeFileSync(join(folder, 'manifest.json'), manifest)
}

async function serve() {
  await site.close()
  const outside = [
    servePages(
      readBuild(dist),
      wellKnownOf(testOrigin, () => 0),
    ),
  ]
  site = await openTestConsole({ outside })
}

const get = (path: string, fields: Record<string, string> = {}) =>
  site.call('GET', path, { fields: { 'sec-fetch-site': '', ...fields } })

describe('the pages', () => {
  beforeEach(async () => {
    build('0123456789abcdef', files)
    writeFileSync(join(dist, 'secret.txt'), 'not of the build')
    await serve()
  })

  test.each(['/', '/keys', '/keys/abc', '/signin', '/invite'])(
    '%s is the one page, read by everybody and never kept',
    async (path) => {
      const answer = await get(path, {
        'sec-fetch-site': 'cross-site',
        'sec-fetch-mode': 'navigate',
      })
      expect(answer).toMatchObject({ status: 200, text: '<!doctype html>' })
      expect(answer.fields).toMatchObject({
        'cache-control': 'no-store',
        'content-type': 'text/html; charset=utf-8',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
      })
      const policy = String(answer.fields['content-security-policy'])
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain("require-trusted-types-for 'script'; trusted-types 'none'")
      expect(policy).toContain("frame-ancestors 'none'")
      expect(policy).not.toContain('unsafe')
      expect(answer.fields['set-cookie']).toBeUndefined()
    },
  )

  test('a file with its digest in the name may be kept for ever', async () => {
    const answer = await get('/assets/main-4f2a.js')
    expect(answer).toMatchObject({ status: 200, text: script })
    expect(answer.fields['cache-control']).toContain('immutable')
  })

  test('it comes compressed where that is accepted', async () => {
    const packed = await get('/assets/main-4f2a.js', { 'accept-encoding': 'gzip, br' })
    expect(packed.fields).toMatchObject({ 'content-encoding': 'br', vary: 'accept-encoding' })
    const zipped = await get('/assets/main-4f2a.js', { 'accept-encoding': 'gzip' })
    expect(zipped.fields['content-encoding']).toBe('gzip')
    expect(Number(zipped.fields['content-length'])).toBe(gzipSync(script).length)
    expect(gunzipSync(gzipSync(script)).toString()).toBe(script)
  })

  test.each([
    '/assets/none.js',
    '/secret.txt',
    '/manifest.json',
    '/index.html.gz',
    '/assets/main-4f2a.js.br',
    '/.env',
    '/0123456789abcdef/index.html',
  ])('%s is nothing', async (path) => {
    expect((await get(path)).status).toBe(404)
  })

  test.each(['POST', 'PUT', 'DELETE'])('%s is refused', async (method) => {
    expect((await site.call(method, '/keys')).status).toBe(405)
  })

  test('it does not answer without Caddy', async () => {
    expect((await get('/', { 'x-gatekeeper-edge': '' })).status).toBe(403)
  })
})

test('of several builds the newest is served, and one that is not whole is not', async () => {
  build('aaaaaaaaaaaaaaaa', { 'index.html': ['text/html', 'old'] })
  build('bbbbbbbbbbbbbbbb', { 'index.html': ['text/html', 'new'] })
  utimesSync(join(dist, 'aaaaaaaaaaaaaaaa', 'manifest.json'), 1, 1)
  mkdirSync(join(dist, 'cccccccccccccccc'))
  await serve()
  expect((await get('/')).text).toBe('new')
})

test('without a build the page says how to make one, and the API goes on', async () => {
  await serve()
  expect(await get('/')).toMatchObject({
    status: 503,
    text: expect.stringContaining('npm run build'),
  })
  expect((await site.call('GET', '/admin/v1/session')).status).toBe(401)
})

test('a manifest that names files elsewhere is refused', () => {
  build('0123456789abcdef', files)
  const path = join(dist, '0123456789abcdef', 'manifest.json')
  for (const name of ['../../secret', '/etc/passwd', 'a/../b', '.hidden', 'a/b/c']) {
    writeFileSync(path, JSON.stringify({ files: { [name]: { type: 'text/html' } } }))
    expect(() => readBuild(dist), name).toThrow()
  }
})

test('the well-known documents', async () => {
  await serve()
  const security = await get('/.well-known/security.txt')
  expect(security.text).toMatch(/^Contact: https:/m)
  expect(security.text).toMatch(/^Expires: 1971-01-01T/m)
  const password = await get('/.well-known/change-password')
  expect(password).toMatchObject({ status: 302 })
  expect(password.fields['location']).toMatch(/^\/[a-z]/)
})
