import { describe, expect, test } from 'vitest'
import { isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'

describe('the address of a service', () => {
  test.each([
    ['http://127.0.0.1:8880', 'http://127.0.0.1:8880', ''],
    ['http://127.0.0.1:8880/', 'http://127.0.0.1:8880', ''],
    ['http://127.0.0.1:8880/base', 'http://127.0.0.1:8880', '/base'],
    ['http://127.0.0.1:8880/base/v1.0/', 'http://127.0.0.1:8880', '/base/v1.0'],
    ['https://tts.example', 'https://tts.example', ''],
    ['HTTPS://TTS.example:443', 'https://tts.example', ''],
    ['http://my_tts-1:80', 'http://my_tts-1', ''],
    ['http://[::1]:8880', 'http://[::1]:8880', ''],
    ['http://[FD00::1]', 'http://[fd00::1]', ''],
    ['http://tts:8880/~a/_b-c', 'http://tts:8880', '/~a/_b-c'],
  ])('%s', (text, origin, basePath) => {
    expect(parseUpstreamUrl(text)).toEqual({ origin, basePath })
  })

  test.each([
    ...[
      '',
      'tts',
      'tts:8880',
      'ftp://tts',
      'file:///x',
      'unix:/x',
      'http://',
      'http:///x',
      '//tts',
    ],
    ...['http://u@tts', 'http://u:p@tts', 'http://:p@tts', 'http://tts@evil:1', 'http://tts#@evil'],
    ...['http://tts?x=1', 'http://tts/?x', 'http://tts/#x', 'http://tts/a?b', 'http://tts#x'],
    ...[
      'http://tts:0',
      'http://tts:65536',
      'http://tts:99999',
      'http://tts:',
      'http://tts:8a',
      'http://tts:-1',
    ],
    ...[
      'http://tts:8880\n',
      '\nhttp://tts',
      ' http://tts',
      'http://tts ',
      'http://t ts',
      'http://tts\t',
    ],
    ...[
      'http://tts\r\n}\nreverse_proxy evil',
      'http://tts {',
      'http://tts}',
      'http://{env.X}',
      'http://{$X}',
    ],
    ...[
      'http://tts/{env.X}',
      'http://tts/{$X}',
      'http://tts/{http.request.header.X}',
      'http://tts/{',
    ],
    ...[
      'http://tts/`',
      'http://tts/"',
      "http://tts/'",
      'http://tts/a b',
      'http://tts/a\\b',
      'http://tts\\@evil',
    ],
    ...[
      'http://tts/../x',
      'http://tts/./x',
      'http://tts//x',
      'http://tts/a//b',
      'http://tts/%2e%2e',
    ],
    ...['http://tts/%2f', 'http://tts/a;b', 'http://tts/*', 'http://tts/a|b', 'http://tts/<x>'],
    ...[
      'http://bücher',
      'http://tts/ä',
      'http://ｔts',
      'http://tts\u200b',
      'http://tts\u0000',
      'http://例え',
    ],
    ...[
      'http://0x7f.1',
      'http://2130706433',
      'http://127.1',
      'http://0177.0.0.1',
      'http://1.2.3.4.5',
    ],
    ...[
      'http://[::1',
      'http://::1',
      'http://[v1.x]',
      'http://[::1%25lo]',
      'http://[1]',
      'http://.',
      'http://a..b',
    ],
    ...['http://-a', 'http://a-', 'http://*', 'http://*.example', 'http://a,b', 'http://tts:80:80'],
  ])('%j is refused, and the message repeats no part of it', (text) => {
    const read = parseUpstreamUrl(text)
    expect(isUpstreamUrl(read)).toBe(false)
    if (isUpstreamUrl(read)) return
    expect(read.what).toMatch(/^(?:is|has|contains) [^{}"'`\\]+$/)
    expect(read.remedy).toMatch(/^(?:Write|Use|Remove) .*\.$/)
  })
})
