import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  describeTargetFault,
  isCanonicalPath,
  isUnder,
  parseOpaqueTarget,
  parseTarget,
} from './path.ts'

describe('parseTarget refuses targets that two readers could understand differently', () => {
  test.each([
    // The path ends or starts elsewhere.
    ['absolute form', 'http://other.example/api/chat'],
    ['authority form', 'other.example:443'],
    ['asterisk form', '*'],
    ['nothing', ''],
    ['no leading slash', 'api/chat'],
    ['no leading slash after a stripped prefix', '%2fadmin'],
    ['a network path', '//other.example/api'],
    ['a fragment', '/api/tags#/delete'],
    ['a fragment in the query', '/api/tags?a=1#b'],
    // Traversal and empty segments.
    ['a double slash', '/api//delete'],
    ['a double slash at the end', '/api/delete//'],
    ['a dot segment', '/api/./delete'],
    ['a dot segment at the end', '/api/delete/.'],
    ['a dot segment at the start', '/./api'],
    ['traversal', '/api/chat/../delete'],
    ['traversal at the end', '/api/chat/..'],
    ['traversal at the start', '/../api/chat'],
    ['traversal out of another route', '/x/../ollama/api/pull'],
    // Percent-encoded separators, dots and ends.
    ['an encoded slash', '/api%2fdelete'],
    ['an encoded slash in upper case', '/api%2Fdelete'],
    ['an encoded backslash', '/api%5cdelete'],
    ['an encoded backslash in upper case', '/api%5Cdelete'],
    ['encoded dots', '/ollama/%2e%2e/admin'],
    ['encoded dots in upper case', '/ollama/%2E%2E/admin'],
    ['one encoded dot', '/ollama/.%2e/admin'],
    ['dots with an encoded slash', '/ollama/..%2fadmin'],
    ['an encoded NUL', '/ollama/a%00b'],
    ['an encoded line break', '/ollama/a%0d%0aX:1'],
    ['an encoded tabulator', '/ollama/a%09b'],
    ['an encoded DEL', '/ollama/a%7fb'],
    ['an encoded number sign', '/api/tags%23'],
    ['an encoded question mark', '/api/tags%3fmodel=x'],
    ['an encoded semicolon', '/api/tags%3bx'],
    ['an encoded percent sign', '/ollama/%25'],
    ['a double encoding', '/ollama/%252e%252e/admin'],
    ['encoded letters', '/%6f%6clama/x'],
    ['encoded letters in a verb', '/api/%64elete'],
    ['an encoded digit', '/v%31/models'],
    ['an encoded tilde', '/%7Eada'],
    ['an encoded hyphen', '/web%2dsearch'],
    ['an encoded underscore', '/web%5fsearch'],
    ['a broken encoding', '/api/%zz'],
    ['a cut encoding', '/api/%'],
    ['an encoding cut after a digit', '/api/%4'],
    ['a UTF-16 encoding (IIS)', '/api/%u002f'],
    // Bytes that are not UTF-8: one reader throws, another replaces, a third reads a slash.
    ['an overlong slash', '/api%c0%afdelete'],
    ['overlong dots', '/api/%c0%ae%c0%ae/delete'],
    ['an overlong slash of three bytes', '/api%e0%80%afdelete'],
    ['a byte that is no UTF-8', '/v1/models/%ff'],
    ['a cut UTF-8 sequence', '/v1/models/%e2%82'],
    ['wide dots, of which some make plain ones', '/api/%ef%bc%8e%ef%bc%8e/delete'],
    ['a surrogate in UTF-8', '/v1/models/%ed%a0%80'],
    // Raw characters.
    ['a semicolon', '/ollama/..;/admin'],
    ['a path parameter', '/api/tags;jsessionid=1'],
    ['a backslash', '/api\\delete'],
    ['a traversal by backslash', '/api/chat/..\\delete'],
    ['a space', '/api/tags /delete'],
    ['a tabulator', '/api/\ttags'],
    ['a line break', '/api/tags\n'],
    ['a line break and a field', '/api/tags\r\nX-Gatekeeper-User: root'],
    ['a NUL', '/api/tags\0'],
    ['a DEL', '/api/tags\x7f'],
    ['a letter beyond ASCII', '/api/tag\u017f'],
    ['a full-width slash', '/api\uff0fdelete'],
    ['a quotation mark', '/api/"tags'],
    ['angle brackets', '/api/<tags>'],
    ['a caret', '/api/^'],
    ['a grave accent', '/api/`'],
    ['braces', '/api/{env.SECRET}'],
    ['a bar', '/api|delete'],
    ['a line break in the query', '/api/tags?a=1\r\nX: 1'],
    ['a space in the query', '/api/tags?a=1 HTTP/1.1'],
    ['a letter beyond ASCII in the query', '/api/tags?ſ=1'],
  ])('%s', (_, target) => {
    expect(parseTarget(target)).toBeNull()
  })

  test('every percent-encoded byte that some reader interprets differently', () => {
    const never = [0x2e, 0x2f, 0x5c, 0x23, 0x25, 0x3b, 0x3f, 0x7f]
    for (let byte = 0; byte < 256; byte++) {
      const encoded = `%${byte.toString(16).padStart(2, '0')}`
      const isControl = byte < 0x20
      const isUnreserved = /[A-Za-z0-9\-._~]/.test(String.fromCharCode(byte))
      if (!isControl && !isUnreserved && !never.includes(byte)) continue
      expect([encoded, parseTarget(`/a${encoded}b`)]).toEqual([encoded, null])
      expect(parseTarget(`/a${encoded.toUpperCase()}b`)).toBeNull()
    }
  })
})

describe('parseTarget keeps targets with one reading', () => {
  test.each([
    ['/', { path: '/', query: '' }],
    ['/api/chat', { path: '/api/chat', query: '' }],
    ['/api/chat/', { path: '/api/chat/', query: '' }],
    ['/api/chat.', { path: '/api/chat.', query: '' }],
    ['/.well-known/x', { path: '/.well-known/x', query: '' }],
    ['/a/...', { path: '/a/...', query: '' }],
    ['/API/Chat', { path: '/API/Chat', query: '' }],
    ['/api/blobs/sha256:0a', { path: '/api/blobs/sha256:0a', query: '' }],
    ['/x%20y', { path: '/x%20y', query: '' }],
    ['/caf%c3%a9', { path: '/caf%c3%a9', query: '' }],
    ['/a?', { path: '/a', query: '' }],
    ['/a?b=1&c=%2f', { path: '/a', query: 'b=1&c=%2f' }],
    ['/a?b?c', { path: '/a', query: 'b?c' }],
    ['/a?b=../..//;', { path: '/a', query: 'b=../..//;' }],
  ])('%s', (target, parsed) => {
    expect(parseTarget(target)).toEqual(parsed)
  })
})

describe('parseOpaqueTarget accepts any names of the service, each escaped once', () => {
  test.each([
    '/image/api/userdata/workflows%2FNAME.json',
    '/image/workflows%2fa%2Fb.json',
    '/image/a%20b',
    '/image/caf%C3%A9',
    '/image/a%3Bb;c',
    '/image/a+b%2Bc@d%40e:f%3Ag',
    '/image/100%25.json',
    '/image/a%2F',
    '/image/%E2%80%A6',
    '/plain/path',
  ])('%s', (path) => {
    expect(parseOpaqueTarget(`${path}?a=%2f`)).toEqual({ path, query: 'a=%2f' })
  })

  test.each([
    ...[
      '/image/../x',
      '/image/a%2F..%2Fb',
      '/image/..%2Fadmin',
      '/image/%2e%2e/x',
      '/image/.%2e/x',
    ],
    ...['/image/%2E%2E%2Fx', '/image/a%2F.%2Fb', '/image/.', '/image/a%2F..', '/image/..%2F'],
    ...['/image//x', '/image/%2Fx', '/image/a%2F%2Fb', '/image/a/%2F', '//image/x', '%2Fimage'],
    ...['/image/a%5Cb', '/image/..%5c..', '/image/a\\b', '/image/%EF%BC%BCx'],
    ...['/image/a%00b', '/image/a%0d%0aX:1', '/image/a%7Fb', '/image/a%09'],
    ...['/image/%252e%252e/x', '/image/a%252Fb', '/image/%25%32%66', '/image/a%25252Fb'],
    ...['/image/%2525', '/image/a%25u002fb', '/image/%25252e'],
    ...['/image/%61', '/image/%2D', '/image/%7e', '/image/a%5fb'],
    ...['/image/..;/admin', '/image/.;x/a', '/image/;/a', '/image/..%3B/a', '/image/..%3Fa', '/;x'],
    ...['/image/..%20/a', '/image/%20../a', '/image/..%23/a', '/image/a%23', '/image/a%3Fb'],
    // Wide dots and slashes, of which some make plain ones.
    ...['/image/%EF%BC%8E%EF%BC%8E/a', '/image/%E2%80%A5/a', '/image/%EF%BC%8F%EF%BC%8Fa'],
    ...['/image/%ff', '/image/%c0%af', '/image/%ed%a0%80', '/image/%', '/image/%4', '/image/%zz'],
    ...['/image/a"b', '/image/{a}', '/image/a|b', '/image/a^', '/image/<a>', '/image/a b', '/é'],
    ...['/image/a#b', 'http://x/image/a', '*', ''],
  ])('%s is refused', (path) => {
    expect(parseOpaqueTarget(path)).toBeNull()
  })

  test('an accepted target stays within its segments when decoded never, once or twice', () => {
    let accepted = 0
    const escaped = fc.array(
      fc.constantFrom(...['a', '/', '%2F', '%2f', '%25', '.', '..', '%2e', ';', '%3B', '2f', '5c']),
      { maxLength: 8 },
    )
    fc.assert(
      fc.property(
        fc.oneof(
          hostilePath,
          escaped.map((parts) => `/p/${parts.join('')}`),
        ),
        (path) => {
          const target = parseOpaqueTarget(path)
          if (target === null) return
          accepted++
          const once = decodeURIComponent(target.path)
          for (const read of [target.path, once, unescapeBytes(once)]) {
            if (/(?:^|\/)\.{1,2}(?:[/;]|$)|\/\/|\\/.test(read)) throw new Error(`${path}: ${read}`)
          }
        },
      ),
      { numRuns: 20_000 },
    )
    expect(accepted).toBeGreaterThan(2_000)
  })

  test('every canonical target is accepted as well', () => {
    fc.assert(
      fc.property(hostilePath, (path) => {
        if (parseTarget(path) === null || /%25/.test(path)) return true
        return parseOpaqueTarget(path) !== null
      }),
      { numRuns: 5_000 },
    )
  })
})

describe('the refusal of a target names the part that is not allowed', () => {
  test.each([
    ['//api/tags', /double slash .* slash at the end of the base URL/],
    ['/api//tags?x=1', /double slash/],
    ['/api/../tags', /segment "\.\."/],
    ['/api/./tags', /segment "\."/],
    ['/api%2Ftags', /encoding %2F/],
    ['/api/%61', /encoding %61/],
    ['/api/%zz', /% without two/],
    ['/api/%ff', /not UTF-8/],
    ['/api;x', /character ";"/],
    ['/api\\x', /character "\\"/],
    ['/api/\u{e9}', /not visible ASCII/],
    ['api', /begins with a slash/],
    ['/api?a=ä', /query contains a character/],
  ])('%s', (target, text) => {
    expect(describeTargetFault(target)).toMatch(text)
  })

  test('and never quotes more than three characters of it', () => {
    fc.assert(
      fc.property(hostilePath, (path) => {
        const text = describeTargetFault(`/sk-secret${path}`)
        return !text.includes('sk-secret') && text.length < 120
      }),
    )
  })
})

test('a path is under a prefix by whole segments only', () => {
  expect(isUnder('/api', '/api')).toBe(true)
  expect(isUnder('/api/', '/api')).toBe(true)
  expect(isUnder('/api/chat', '/api')).toBe(true)
  expect(isUnder('/apish', '/api')).toBe(false)
  expect(isUnder('/api%2f', '/api')).toBe(false)
  expect(isUnder('/API', '/api')).toBe(false)
  expect(isUnder('/ap', '/api')).toBe(false)
})

/** A path's segments as text of bytes, as three kinds of servers read it. */
const readers: Readonly<Record<string, (path: string) => string[]>> = {
  'WHATWG URL parser': (path) =>
    new URL(`http://host.example${path}`).pathname.split('/').map((part) => unescapeBytes(part)),
  'decodeURIComponent, then split': (path) =>
    decodeURIComponent(path)
      .split('/')
      .map((part) => Buffer.from(part).toString('latin1')),
  'Go: unescape, then path.Clean': (path) => cleanAsGo(unescapeBytes(path)),
}

function unescapeBytes(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 16)),
  )
}

/** As net/http's ServeMux cleans: path.Clean, with the slash at the end put back. */
function cleanAsGo(path: string): string[] {
  const kept: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..') kept.pop()
    else kept.push(part)
  }
  const isFolder = path.endsWith('/') && kept.length > 0
  return ['', ...(kept.length === 0 ? [''] : kept), ...(isFolder ? [''] : [])]
}

const pieces = [
  ...['/', '//', '.', '..', '/./', '/../', '\\', ';', '#', '?', ' ', '\t', '\r\n', '\0'],
  ...[
    '%2f',
    '%2F',
    '%5c',
    '%2e',
    '%2E',
    '%00',
    '%0a',
    '%25',
    '%23',
    '%3f',
    '%3b',
    '%',
    '%4',
    '%zz',
  ],
  ...[
    '%61',
    '%7e',
    '%20',
    '%21',
    '%3a',
    '%40',
    '%c3%a9',
    '%e2%82%ac',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
  ],
  ...[
    'api',
    'chat',
    'delete',
    'v1',
    ':',
    '@',
    '[',
    ']',
    '|',
    '^',
    '{',
    "'",
    '*',
    '+',
    '&',
    '=',
    'é',
  ],
]
const hostilePath = fc.oneof(
  {
    weight: 6,
    arbitrary: fc
      .array(fc.constantFrom(...pieces), { maxLength: 8 })
      .map((parts) => `/${parts.join('')}`),
  },
  // Mostly harmless, so that many are accepted and compared.
  {
    weight: 6,
    arbitrary: fc
      .array(fc.constantFrom('a', 'b.c', '/', '/', '..d', '%20', '%c3%a9', '%3A', ..."@:*+&='"), {
        maxLength: 8,
      })
      .map((parts) => `/${parts.join('')}`),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.webPath() },
)

test('every reader sees the same segments in a path that is accepted', () => {
  let accepted = 0
  fc.assert(
    fc.property(hostilePath, (target) => {
      const parsed = parseTarget(target)
      if (parsed === null) return
      accepted++
      const segments = parsed.path.split('/').map((part) => unescapeBytes(part))
      for (const [reader, read] of Object.entries(readers)) {
        // Not by `expect`, which is slow ten thousand times.
        const seen = read(parsed.path)
        if (JSON.stringify(seen) !== JSON.stringify(segments)) throw new Error(`${reader}: ${seen}`)
      }
    }),
    { numRuns: 10_000 },
  )
  expect(accepted).toBeGreaterThan(1000)
})

test('parsing any target never throws and never changes it', () => {
  fc.assert(
    fc.property(fc.oneof(hostilePath, fc.string({ unit: 'binary' }), fc.string()), (target) => {
      const parsed = parseTarget(target)
      if (parsed === null) return true
      const forms = [parsed.path, `${parsed.path}?`, `${parsed.path}?${parsed.query}`]
      return isCanonicalPath(parsed.path) && forms.includes(target)
    }),
    { numRuns: 10_000 },
  )
})
