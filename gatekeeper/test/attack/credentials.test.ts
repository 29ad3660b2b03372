import { createHash } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../src/api-keys/api-key.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey, makeRefusedKeys } from '../support/keys.ts'
import { exchange, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { readAnswer, withoutChance } from './support/answers.ts'
import { carriers } from './support/texts/carriers.ts'

const ada = makeKey()
const tom = makeKey({ user: 'tom' })
const { expired, disabled } = makeRefusedKeys()
const secretOf = (key: string) => key.slice(14)
const otherLast = (key: string) => key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A')
const utf8Bytes = (text: string) => Buffer.from(text).toString('latin1')
const jwt = (header: object) =>
  `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${Buffer.from('{"sub":"ada","role":"admin"}').toString('base64url')}.`

/** Every text that is not a valid key and has one reading in every carrier. */
const badOnes: Readonly<Record<string, string>> = {
  unknown: createApiKey().key,
  expired: expired.key,
  disabled: disabled.key,
  'with a wrong checksum': otherLast(ada.key),
  'of a known id with another secret': createApiKey(undefined, ada.id).key,
  "of a known id with another's secret": `gk_${ada.id}_${secretOf(tom.key)}`,
  "of another's id with its own secret": `gk_${tom.id}_${secretOf(ada.key)}`,
  'that is the stored hash': hashKey(ada.key),
  'that is the stored hash in our form': `gk_${ada.id}_${hashKey(ada.key).slice(0, 49)}`,
  'that is the beginning of the stored hash': hashKey(ada.key).slice(0, 16),
  'that is the hash in base64': createHash('sha256').update(ada.key).digest('base64url'),
  'that is an id': ada.id,
  'that is a prefix of a key': ada.key.slice(0, -1),
  'that is a key and a letter': `${ada.key}A`,
  'that is a key twice': ada.key + ada.key,
  'in capitals': ada.key.toUpperCase(),
  'in small letters': ada.key.toLowerCase(),
  'called __proto__': '__proto__',
  'called constructor': 'constructor',
  'called toString': 'toString',
  'called hasOwnProperty': 'hasOwnProperty',
  'called gk_': 'gk_',
  'called gk___proto___': `gk___proto___${secretOf(ada.key)}`,
  'called null': 'null',
  'called undefined': 'undefined',
  'called true': 'true',
  'called *': '*',
  'of 9 kB': 'k'.repeat(9_000),
  'of 9 kB in our form': `${ada.key.slice(0, -6)}${'k'.repeat(9_000)}`,
  'that is a token without algorithm': jwt({ alg: 'none' }),
  'that is a token with a key in it': jwt({ alg: 'HS256', kid: ada.id }),
  'with a Cyrillic letter': utf8Bytes(`${ada.key.slice(0, 20)}\u0430${ada.key.slice(21)}`),
  'with a zero-width space': Buffer.from(`${ada.key}\u200b`).toString('latin1'),
  'with a byte-order mark': Buffer.from(`\ufeff${ada.key}`).toString('latin1'),
  'in quotes': `"${ada.key}"`,
  'percent-encoded': ada.key.replaceAll('_', '%5F'),
  'in JSON': `{"key":"${ada.key}"}`,
  'that is a pattern': '.*',
  'with SQL': "'or'1'='1",
}

/**
 * What a carrier cannot say: a scheme's value has no spaces, a list splits at commas, base64 of
 * bytes that are not UTF-8 has no text. Such a request is refused as malformed or as a bad key.
 */
const unspeakable: Readonly<Record<string, string>> = {
  'that is empty': '',
  'of spaces': '   ',
  'with a space in it': `${ada.key.slice(0, 20)} ${ada.key.slice(20)}`,
  'behind two schemes': `Bearer ${ada.key}`,
  'behind another scheme': `Digest ${ada.key}`,
  'with a tab in it': `${ada.key}\tx`,
  'with a comma behind it': `${ada.key},x`,
  'with a good one behind a comma': `x,${ada.key}`,
  'of bytes that are no UTF-8': '\xff\xfe\xc0\xaf',
  'that is good with a byte of none': `${ada.key}\xff`,
  'with NUL': `${ada.key}\0`,
  'with a line break': `${ada.key}\x0b`,
}

const encode = (text: string) =>
  [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('')
/** One key in the forms that a URL may have. */
const writings: Readonly<Record<string, string>> = {
  KEY: ada.key,
  ENCODED: encode(ada.key),
  TWICE: encode(ada.key).replaceAll('%', '%25'),
  UNDERSCORES: ada.key.replaceAll('_', '%255F'),
}

/** Leaves out values that are a valid key: Bearer before it in any field, a list of protocols. */
const saysItOtherwise =
  (credential: string) =>
  ({ name }: { name: string }): boolean =>
    !(['Bearer', 'sub-protocol'].includes(name) ? false : credential.startsWith('Bearer ')) &&
    !(name === 'sub-protocol' && credential.includes(','))

/** The same endpoint of the same service at both points. */
const points = [
  ['check', '/chat/api/tags'],
  ['relay', '/api/tags'],
] as const

describe.skipIf(testCaddy === null)('credentials', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, tom, expired, disabled] })
  })
  beforeEach(() => stack.upstream.reset())
  afterAll(() => stack?.stop())

  const send = async (path: string, ...fields: (readonly [string, string])[]) => {
    const head = [`GET ${path} HTTP/1.1`, 'Host: localhost']
    const all = [...head, ...fields.map(([name, value]) => `${name}: ${value}`)]
    return await exchange(await openTls(stack), lines(...all))
  }

  describe.each(points)('%s', (_point, path) => {
    it('gives a good key one and the same answer, whatever carries it', async () => {
      const statuses: unknown[] = []
      for (const { name, carry } of carriers) {
        const answer = readAnswer(await send(path, carry(ada.key)))
        statuses.push([
          name,
          answer.status,
          answer.body === readAnswer(await send(path, ['X-Api-Key', tom.key])).body,
        ])
      }
      expect(statuses).toEqual(carriers.map(({ name }) => [name, 200, true]))
      const sent = stack.upstream.received.map(({ rawHeaders }) => rawHeaders.join('\n')).join('\n')
      expect(stack.upstream.received).toHaveLength(carriers.length * 2)
      expect(sent).not.toContain(secretOf(ada.key))
    })

    it('gives every bad key one and the same answer, byte for byte, whatever carries it', async () => {
      const answers = new Map<string, string[]>()
      for (const [kind, credential] of Object.entries(badOnes)) {
        for (const { name, carry } of carriers) {
          // Whether to ask again is said by the form of the credential, which its sender knows.
          const text = withoutChance(await send(path, carry(credential))).replace(
            /^x-should-retry: false\r\n/im,
            '',
          )
          answers.set(text, [...(answers.get(text) ?? []), `${kind}, ${name}`])
        }
      }
      const [usual = ['', []]] = [...answers].sort((one, other) => other[1].length - one[1].length)
      expect(readAnswer(usual[0])).toMatchObject({ status: 401 })
      expect(usual[0]).toMatch(/^www-authenticate: Bearer realm="gatekeeper"\r$/im)
      expect([...answers].filter(([text]) => text !== usual[0])).toEqual([])
      expect(stack.upstream.requests).toBe(0)
    })

    it.each(Object.entries(unspeakable))(
      'refuses one %s in every carrier',
      async (_kind, credential) => {
        for (const { name, carry } of carriers.filter(saysItOtherwise(credential))) {
          const answer = readAnswer(await send(path, carry(credential)))
          expect([name, answer.status]).toEqual([name, answer.status === 400 ? 400 : 401])
        }
        expect(stack.upstream.requests).toBe(0)
      },
    )

    it('accepts one key in any two carriers, and forwards neither', async () => {
      for (const one of carriers) {
        for (const other of carriers) {
          const answer = readAnswer(await send(path, one.carry(ada.key), other.carry(ada.key)))
          expect([one.name, other.name, answer.status]).toEqual([one.name, other.name, 200])
        }
      }
      const sent = stack.upstream.received.map(({ rawHeaders }) => rawHeaders.join('\n'))
      expect(sent.filter((text) => text.includes(secretOf(ada.key)))).toEqual([])
    })

    it('refuses two different ones, good or bad, in any two carriers', async () => {
      for (const one of carriers) {
        for (const other of carriers) {
          for (const second of [tom.key, badOnes['unknown'] ?? '', 'x']) {
            const answer = readAnswer(await send(path, one.carry(ada.key), other.carry(second)))
            expect([one.name, other.name, answer.status]).toEqual([one.name, other.name, 400])
            expect(answer.body).toContain('different credentials')
          }
        }
      }
      expect(stack.upstream.requests).toBe(0)
    }, 60_000)

    it.each([
      ['a cookie', ['Cookie', `key=${ada.key}; authorization=Bearer ${ada.key}`]],
      ['Proxy-Authorization', ['Proxy-Authorization', `Bearer ${ada.key}`]],
      ['another field', ['X-Auth-Token', ada.key]],
      ['a folded spelling of a carrier', ['X_Api_Key', ada.key]],
      ['a referrer', ['Referer', `https://localhost/?key=${ada.key}`]],
      ['a continued line', ['X-Other', `x\r\n Authorization: Bearer ${ada.key}`]],
    ] as const)('accepts no key from %s', async (_name, field) => {
      expect(readAnswer(await send(path, field)).status).toBe(401)
      expect(stack.upstream.requests).toBe(0)
    })

    it('accepts no key from the body', async () => {
      const body = JSON.stringify({ key: ada.key, api_key: ada.key, authorization: ada.key })
      const headers = { 'content-type': 'application/json' }
      const target = path.replace('tags', 'chat')
      expect((await stack.send(target, { method: 'POST', headers, body })).status).toBe(401)
      expect(stack.upstream.requests).toBe(0)
    })

    const queryNames = 'key api_key apikey api-key token access_token auth authorization k x'
    it.each([
      ...queryNames.split(' ').map((name) => `?${name}=KEY`),
      ...['?KEY', '?x&KEY=1', '?a=b;c=KEY', '?k=Bearer%20KEY', '?k=Bearer+KEY', '?k[]=KEY'],
      ...['?k=ENCODED', '?k=TWICE', '?k=UNDERSCORES', '?{"k":"KEY"}', '?k=%22KEY%22', '?k=%00KEY'],
      ...['/KEY', '/../KEY', '/ENCODED', ';k=KEY', '#KEY', '?#KEY'],
    ])('refuses a key in the URL, also together with a valid one in a field: %s', async (form) => {
      const rest = form.replace(/KEY|ENCODED|TWICE|UNDERSCORES/, (word) => writings[word] ?? '')
      for (const fields of [[], [['X-Api-Key', tom.key]], [['X-Api-Key', ada.key]]] as const) {
        const text = await send(`${path}${rest}`, ...fields)
        expect(readAnswer(text).status).toBe(400)
        expect(text).not.toContain(secretOf(ada.key))
      }
      expect(stack.upstream.requests).toBe(0)
    })
  })

  it('has the true reason of each in the log, and nothing of the key beyond its id', async () => {
    const reasons = new Set(decisionsOf(stack).map(({ reason }) => reason))
    for (const reason of ['unknown-key', 'wrong-secret', 'expired-key', 'disabled-key']) {
      expect(reasons).toContain(reason)
    }
    const written = stack.gatekeeper.output() + stack.caddy.output()
    for (const key of [ada.key, tom.key, expired.key, disabled.key]) {
      expect(written).not.toContain(secretOf(key).slice(0, 16))
    }
  })
})
