import { expect, test, vi } from 'vitest'

vi.stubGlobal('location', new URL('https://console.localhost:8444/keys?state=active'))
const { place, safePath, signInPath } = await import('./place.ts')

test.each([
  ['/keys?state=active', '/keys?state=active'],
  ['/people', '/people'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['/\t/evil.example', '/'],
  ['https://evil.example/keys', '/'],
  ['javascript:alert(1)', '/'],
  ['keys', '/'],
  ['', '/'],
  [null, '/'],
  ['/signin?then=/signin', '/'],
  ['/welcome#code', '/'],
  ['/admin/v1/session', '/'],
  ['/keys/../signin', '/'],
  ['/%2e%2e/signin', '/'],
  ['/.//evil.example/keys', '/'],
  ['/x/..//evil.example', '/'],
  ['/%2e//evil.example', '/'],
  ['/x/../assets/a.js', '/'],
  ['/people/abc#x', '/people/abc'],
])('after a sign-in %j leads to %s', (wanted, path) => {
  expect(safePath(wanted)).toBe(path)
})

test('the sign-in knows the page and its query', () => {
  expect(place.value.path).toBe('/keys')
  expect(signInPath()).toBe('/signin?then=%2Fkeys%3Fstate%3Dactive')
})
