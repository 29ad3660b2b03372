import { describe, expect, test } from 'vitest'
import { isSameOrigin, isWebOrigin } from './origin.ts'

describe('isSameOrigin', () => {
  test.each([
    ['https://ai.example', 'ai.example', true],
    ['https://ai.example', 'ai.example:443', true],
    ['https://ai.example', 'AI.Example', true],
    ['https://ai.example:8443', 'ai.example:8443', true],
    ['https://[::1]:8443', '[::1]:8443', true],
    ['https://[::1]', '[::1]:443', true],
    ['https://192.168.1.20:8443', '192.168.1.20:8443', true],
    ['http://ai.example', 'ai.example', false],
    ['https://ai.example:8443', 'ai.example', false],
    ['https://ai.example', 'ai.example:8443', false],
    ['https://ai.example', 'ai.example:4430', false],
    ['https://evil.example', 'ai.example', false],
    ['https://ai.example.evil.example', 'ai.example', false],
    ['https://ai.example@evil.example', 'ai.example', false],
    ['https://ai.example/', 'ai.example', false],
    ['https://ai.example ', 'ai.example', false],
    ['ws://ai.example', 'ai.example', false],
    ['null', 'null', false],
    ['', '', false],
    ['ai.example', 'ai.example', false],
  ])('%s for %s: %s', (origin, host, expected) => {
    expect(isSameOrigin(origin, host)).toBe(expected)
  })
})

describe('isWebOrigin', () => {
  test.each([
    ...['https://app.example', 'http://localhost:3000', 'https://[::1]:8443'],
    ...['http://192.168.1.20:8080', 'chrome-extension://abcdefghijklmnop', 'tauri://localhost'],
    ...['https://xn--bcher-kva.example', 'app://obsidian.md'],
  ])('accepts %s', (text) => {
    expect(isWebOrigin(text)).toBe(true)
  })

  test.each([
    ...['', '*', 'null', 'app.example', 'https://', '//app.example', 'https://app.example/'],
    ...['https://app.example/path', 'https://app.example?x', 'https://app.example#x'],
    ...['https://user@app.example', 'https://app.example:443', 'http://app.example:80'],
    ...[' https://app.example', 'https://app.example\n', 'https://app.example, https://b.example'],
    ...['file:///tmp/x', 'data:text/html,x', 'javascript:alert(1)', 'blob:https://app.example'],
    ...['HTTPS://app.example', 'https://app.example:99999', 'https://bücher.example'],
  ])('refuses %j', (text) => {
    expect(isWebOrigin(text)).toBe(false)
  })

  test.each(['https://App.Example', 'https://*.example.com'])(
    'refuses %s, which no browser ever sends: the rule would never match',
    (text) => {
      expect(isWebOrigin(text)).toBe(false)
    },
  )
})
