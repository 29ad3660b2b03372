import { describe, expect, test } from 'vitest'
import { placeBelow } from './place-below.ts'

const sent = {
  upstream: { origin: 'http://127.0.0.1:4000', basePath: '/base', key: null },
  route: { prefix: '/litellm', strip: true },
  target: '/base/v1/models',
}

describe('the Location in an answer of a relayed service', () => {
  test.each([
    ['/v1/models/', '/litellm/v1/models/'],
    ['/base/v1/models/', '/litellm/v1/models/'],
    ['/base', '/litellm/'],
    ['/litellm/ui/', '/litellm/ui/'],
    ['http://127.0.0.1:4000/base/x?a=1#b', '/litellm/x?a=1#b'],
    ['https://localhost:4000/x', '/litellm/x'],
    ['http://0.0.0.0:4000/x', '/litellm/x'],
    ['//127.0.0.1:4000/x', '/litellm/x'],
    ['models/', '/litellm/v1/models/'],
    ['?page=2', '/litellm/v1/models?page=2'],
    ['../../../../x', '/litellm/x'],
    ['http://127.0.0.1:4000//evil.example/', '/litellm//evil.example/'],
    ['/litellm/../admin', '/litellm/admin'],
  ])('%s is put below the prefix: %s', (said, expected) => {
    expect(placeBelow(said, sent)).toBe(expected)
  })

  test.each([
    ...['https://login.example/', '//evil.example', 'http://169.254.169.254/', 'javascript:x'],
    ...[
      'http://127.0.0.1.evil.example/',
      '/\\evil.example',
      'http://',
      'data:x',
      'http://tts/',
      'http://127.0.0.1:1/',
    ],
  ])('%s is not revealed', (said) => {
    expect(placeBelow(said, sent)).toBeNull()
  })

  test('without a stripped prefix only the inner address is removed', () => {
    const route = { prefix: '/api', strip: false }
    const whole = {
      ...sent,
      upstream: { origin: 'http://h:1', key: null },
      route,
      target: '/api/x',
    }
    expect(placeBelow('http://h:1/api/y', whole)).toBe('/api/y')
    expect(placeBelow('http://h:1//evil.example', whole)).toBe('/evil.example')
  })
})
