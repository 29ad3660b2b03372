import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', new URL('https://console.test:8444/signin'))
const { safePath } = await import('./place.ts')

test.each([
  ['/keys?state=on', '/keys?state=on'],
  ['/people/abc#x', '/people/abc'],
])('comes back to %s', (wanted, path) => {
  expect(safePath(wanted)).toBe(path)
})

test.each([
  ...[null, '', 'keys', 'https://evil.example/', '//evil.example', '/\\evil.example'],
  ...['/\t/evil.example', '/.//evil.example/keys', '/x/..//evil.example', '/%2e//evil.example'],
  ...['/signin', '/./welcome#x', '/admin/v1/session', '/x/../assets/a.js'],
])('never goes to %j', (wanted) => {
  expect(safePath(wanted)).toBe('/')
})
