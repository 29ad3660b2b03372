import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import type { Algorithm } from '../model/algorithm.ts'
import { createTokenVerifier, type TokenIssuer } from './access-token.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'
import { judgeClaims } from './token-claims.ts'

const now = Date.UTC(2026, 10, 22, 12)
const seconds = now / 1000

type Signer = Awaited<ReturnType<typeof createSigner>>

async function createSigner(alg: Algorithm = 'ES256', kid = 'one') {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' }
  return { alg, kid, jwk, privateKey, secretJwk: await exportJWK(privateKey) }
}

function keySetOf(...keys: object[]): KeySet {
  const read = readKeySet(JSON.stringify({ keys }))
  if ('problem' in read) throw new Error(read.problem)
  return read.keySet
}

const claims = (changes: object = {}) => ({
  ...{ iss: 'https://a.example', aud: 'gatekeeper', sub: 'ada', jti: 'one' },
  ...{ iat: seconds - 10, exp: seconds + 60 },
  ...changes,
})

function issue(signer: Signer, changes: object = {}, header: object = {}): Promise<string> {
  return new SignJWT(claims(changes) as JWTPayload)
    .setProtectedHeader({ alg: signer.alg, kid: signer.kid, typ: 'at+jwt', ...header })
    .sign(signer.privateKey)
}

const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A verifier of one or more issuers whose keys and clock the test controls. */
function setUp(signer: Signer, changes: Partial<TokenIssuer> = {}) {
  const state = { keySet: keySetOf(signer.jwk) as KeySet | null, now, refreshed: 0 }
  const revoked = new Set<string>()
  const issuer: TokenIssuer = {
    issuer: 'https://a.example',
    audience: ['gatekeeper'],
    algorithms: ['ES256'],
    types: ['at+jwt'],
    clockToleranceSeconds: 0,
    keys: {
      current: () => state.keySet,
      refresh: () => {
        state.refreshed++
        return Promise.resolve()
      },
    },
    ...changes,
  }
  const issuers = [issuer]
  const verify = createTokenVerifier({
    issuers: () => issuers,
    clock: () => state.now,
    isRevoked: ({ tokenId }) => revoked.has(tokenId ?? ''),
  })
  return { state, revoked, verify, issuers, issuer }
}

const es = await createSigner()
const rs = await createSigner('RS256', 'rsa')

describe('a token', () => {
  it.each(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'] as const)(
    'signed with %s by a key of its issuer is valid',
    async (alg) => {
      const signer = await createSigner(alg)
      const { verify } = setUp(signer, { algorithms: [alg] })
      expect(await verify(await issue(signer))).toMatchObject({ claims: { subject: 'ada' } })
    },
  )

  it('without kid is verified with the few keys that fit', async () => {
    const other = await createSigner('ES256', 'two')
    const { verify, state } = setUp(es)
    state.keySet = keySetOf(other.jwk, es.jwk)
    expect(await verify(await issue(es, {}, { kid: undefined }))).toHaveProperty('claims')
  })

  it('may have one of several audiences and a type in its long form', async () => {
    const { verify } = setUp(es)
    const token = await issue(es, { aud: ['x', 'gatekeeper'] }, { typ: 'application/AT+JWT' })
    expect(await verify(token)).toHaveProperty('claims')
  })
})

describe('a token without a usable `sub`', () => {
  const named = { userClaim: 'common_name' }
  const subjectOf = async (changes: object, terms: Partial<TokenIssuer> = named) => {
    const verified = await setUp(es, terms).verify(await issue(es, changes))
    return typeof verified === 'string' ? verified : verified.claims.subject
  }

  it.each([{ sub: '' }, { sub: undefined }])('%j is identified by the user claim', async (sub) => {
    expect(await subjectOf({ ...sub, common_name: 'abc.access' })).toBe('common_name=abc.access')
    expect(await subjectOf({ ...sub, a: { b: 'x' } }, { userClaim: 'a.b' })).toBe('a.b=x')
  })

  it('is refused when the issuer names no other claim', async () => {
    for (const terms of [{}, { userClaim: 'sub' }]) {
      expect(await subjectOf({ sub: '', common_name: 'x' }, terms)).toBe('malformed-token')
    }
  })

  it('never gets the id of a token with that sub, in any spelling', async () => {
    const values = ['x', 'common_name=x', 'sub=x', 'sub=common_name=x', 'sub=sub=x', '=x', 'sub=']
    const ids = await Promise.all([
      ...values.map((sub) => subjectOf({ sub, common_name: 'x' })),
      ...values.map((name) => subjectOf({ sub: '', common_name: name })),
    ])
    expect(new Set(ids).size).toBe(2 * values.length)
    expect(ids[0]).toBe('x')
  })

  it('two different subjects never share an id', async () => {
    const text = fc.oneof(
      fc.stringMatching(/^[a-z=]{1,8}$/),
      fc
        .array(fc.constantFrom('sub=', 'n=', 'x'), { minLength: 1, maxLength: 4 })
        .map((parts) => parts.join('')),
    )
    const holder = fc.record({ by: fc.constantFrom('sub', 'n'), text })
    const idOf = ({ by, text: value }: { by: string; text: string }) => {
      const given = by === 'sub' ? { sub: value } : { n: value }
      const terms = { audience: ['a'], userClaim: 'n', clockToleranceSeconds: 0 }
      const judged = judgeClaims({ exp: 1, aud: 'a', ...given }, terms, 0)
      return typeof judged === 'string' ? judged : judged.subject
    }
    fc.assert(
      fc.property(holder, holder, (one, other) => {
        const isSame = one.by === other.by && one.text === other.text
        return isSame === (idOf(one) === idOf(other))
      }),
      { numRuns: 20_000 },
    )
  })

  it.each([
    ...[
      1,
      true,
      null,
      ['x'],
      { a: 1 },
      '',
      'a\u0000b',
      'a\nb',
      '\u007f',
      '\ud800',
      'x'.repeat(201),
    ],
  ])('is refused when the user claim is %j', async (common_name) => {
    expect(await subjectOf({ sub: '', common_name })).toBe('malformed-token')
  })

  it.each([...[1, false, null, ['ada'], {}, 'a\u0000', 'x'.repeat(1025)]])(
    'a sub of %j is not a missing one',
    async (sub) => {
      expect(await subjectOf({ sub, common_name: 'x' })).toBe('malformed-token')
    },
  )

  it('a claim name that every object inherits identifies nobody', async () => {
    for (const userClaim of ['constructor', '__proto__.x', 'toString']) {
      expect(await subjectOf({ sub: '' }, { userClaim })).toBe('malformed-token')
    }
  })
})

describe('an audience in another claim', () => {
  const terms = { audienceClaim: 'client_id', audience: ['gate'] }
  const ask = async (changes: object, over: Partial<TokenIssuer> = terms) => {
    const verified = await setUp(es, over).verify(await issue(es, { aud: undefined, ...changes }))
    return typeof verified === 'string' ? verified : 'taken'
  }

  it('is compared exactly', async () => {
    expect(await ask({ client_id: 'gate' })).toBe('taken')
    for (const client_id of ['GATE', 'gate ', ' gate', 'gateway', 'gat', 'gate\u0000', undefined]) {
      expect(await ask({ client_id })).toMatch(/token-audience|malformed-token/)
    }
  })

  it('a list must contain our audience and hold only strings', async () => {
    const azp = { audienceClaim: 'azp', audience: ['gate'] }
    expect(await ask({ azp: ['x', 'gate'] }, azp)).toBe('taken')
    for (const value of [['x'], [], [['gate']], ['gate', 1], { gate: true }, 'x gate', null]) {
      expect(await ask({ azp: value }, azp)).toBe('token-audience')
    }
    expect(await ask({ client_id: ['gate'] })).toBe('malformed-token')
  })

  it('is the only one compared: the usual claim never replaces it', async () => {
    expect(await ask({ aud: 'gate' })).toBe('token-audience')
    expect(await ask({ client_id: 'gate' }, { audience: ['gate'] })).toBe('token-audience')
  })

  it('a token with a different aud is refused as well (RFC 7519 §4.1.3)', async () => {
    expect(await ask({ client_id: 'gate', aud: 'other' })).toBe('token-audience')
    expect(await ask({ client_id: 'gate', aud: ['other', 'gate'] })).toBe('taken')
    for (const aud of [null, '', [], 1]) {
      expect(await ask({ client_id: 'gate', aud })).toBe('token-audience')
    }
  })
})

describe('a long token', () => {
  it('of 21 KB, as Keycloak issues for a user in 400 groups, is valid; one above 32 KB is not', async () => {
    const { verify } = setUp(es)
    const groups = (count: number) =>
      Array.from({ length: count }, (_, at) => `/${at}`.padEnd(36, 'x'))
    const token = await issue(es, { groups: groups(400) })
    expect(token.length).toBeGreaterThan(20_000)
    expect(await verify(token)).toHaveProperty('claims')
    expect(await verify(await issue(es, { groups: groups(700) }))).toBe('malformed-token')
  })
})

describe('RFC 8725', () => {
  it('§2.1: "none" is not an algorithm, in any spelling', async () => {
    const { verify } = setUp(es)
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      const head = encode({ alg, typ: 'at+jwt' })
      expect(await verify(`${head}.${encode(claims())}.`)).toBe('malformed-token')
      expect(await verify(`${head}.${encode(claims())}.AA`)).toBe('token-algorithm')
    }
  })

  it('§2.1: the public key is not accepted as an HMAC secret (key confusion)', async () => {
    const { createHmac } = await import('node:crypto')
    const { verify } = setUp(rs, { algorithms: ['RS256'] })
    for (const secret of [JSON.stringify(rs.jwk), String(rs.jwk.n)]) {
      const signed = `${encode({ alg: 'HS256', kid: 'rsa', typ: 'at+jwt' })}.${encode(claims())}`
      const mac = createHmac('sha256', secret).update(signed).digest('base64url')
      expect(await verify(`${signed}.${mac}`)).toBe('token-algorithm')
    }
  })

  it('§3.1: an algorithm that the issuer does not list is refused even if the key supports it', async () => {
    const { verify } = setUp(rs, { algorithms: ['PS256'] })
    expect(await verify(await issue(rs))).toBe('token-algorithm')
  })

  it('§3.1: a key with an alg verifies no other algorithm', async () => {
    const { alg: _, ...bare } = rs.jwk
    const { verify, state } = setUp(rs, { algorithms: ['RS256', 'PS256'] })
    state.keySet = keySetOf({ ...bare, alg: 'PS256' })
    expect(await verify(await issue(rs))).toBe('token-signature')
  })

  it('§3.2: an ECDSA signature of zeros does not pass', async () => {
    const { verify } = setUp(es)
    const [head, body] = (await issue(es)).split('.')
    expect(await verify(`${head}.${body}.${Buffer.alloc(64).toString('base64url')}`)).toBe(
      'token-signature',
    )
  })

  it('§3.5: weak keys are not used', () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const jwk = publicKey.export({ format: 'jwk' })
    const read = readKeySet(JSON.stringify({ keys: [{ ...jwk, kid: 'weak' }] }))
    expect(read).toMatchObject({ leftOut: [{ at: 0, kid: 'weak', why: /1024 bits/ }] })
  })

  it('§3.8: a token of one issuer is refused under the name of another', async () => {
    const other = await createSigner()
    const b = setUp(other, { issuer: 'https://b.example' })
    const { verify, issuers } = setUp(es)
    issuers.push(b.issuer)
    expect(await verify(await issue(es, { iss: 'https://b.example' }))).toBe('token-signature')
    expect(await verify(await issue(other, { iss: 'https://a.example' }))).toBe('token-signature')
    expect(await verify(await issue(es, { iss: 'https://c.example' }))).toBe('unknown-issuer')
    expect(await verify(await issue(other, { iss: 'https://b.example' }))).toHaveProperty('claims')
  })

  it.each([['https://a.example/'], [['https://a.example']], [null], ['HTTPS://A.EXAMPLE']])(
    '§3.8: iss %j is not https://a.example',
    async (iss) => {
      const { verify } = setUp(es)
      expect(await verify(await issue(es, { iss }))).toBe('unknown-issuer')
    },
  )

  it.each([
    ['other'],
    [[]],
    [['other']],
    [undefined],
    [null],
    [{}],
    ['gatekeeper2'],
    [[['gatekeeper']]],
  ])('§3.9: aud %j is not ours', async (aud) => {
    const { verify } = setUp(es)
    expect(await verify(await issue(es, { aud }))).toBe('token-audience')
  })

  it('§3.10: keys and key URLs inside the token are ignored', async () => {
    const other = await createSigner()
    const { verify } = setUp(es)
    const hints = { jwk: other.jwk, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }
    expect(await verify(await issue(other, {}, hints))).toBe('token-signature')
    expect(await verify(await issue(es, {}, hints))).toHaveProperty('claims')
  })

  it.each(['JWT', 'jwt', 'logout+jwt', 'id_token', undefined, 'dpop+jwt', ''])(
    '§3.11: typ %j is not an access token',
    async (typ) => {
      const { verify } = setUp(es)
      expect(await verify(await issue(es, {}, { typ }))).toBe('token-type')
    },
  )
})

describe('the header', () => {
  it.each([
    { crit: ['b64'], b64: false },
    { crit: [] },
    { b64: true },
    { kid: 7 },
    { alg: ['ES256'] },
  ])('with %j is malformed', async (members) => {
    const head = encode({ alg: 'ES256', kid: 'one', typ: 'at+jwt', ...members })
    const { verify } = setUp(es)
    expect(await verify(`${head}.${encode(claims())}.AAAA`)).toBe('malformed-token')
  })

  it.each(['../../etc/passwd', "' or 1=1", '__proto__', 'constructor', 'x'.repeat(5000), '\u0000'])(
    'kid %j finds no key, and only the issuer is queried',
    async (kid) => {
      const { verify, state } = setUp(es)
      expect(await verify(await issue(es, {}, { kid }))).toBe('token-signature')
      expect(state.refreshed).toBe(1)
    },
  )

  it('with a duplicate member is malformed, in header and claims', async () => {
    const { verify } = setUp(es)
    const [, body, signature] = (await issue(es)).split('.')
    const twice = encode('{"alg":"ES256","typ":"at+jwt","alg":"ES256","kid":"one"}')
    expect(await verify(`${twice}.${body}.${signature}`)).toBe('malformed-token')
    const head = encode({ alg: 'ES256', kid: 'one', typ: 'at+jwt' })
    const claimsTwice = encode(`{"aud":"x",${JSON.stringify(claims()).slice(1)}`)
    expect(await verify(`${head}.${claimsTwice}.${signature}`)).toBe('malformed-token')
  })
})

describe('times', () => {
  const bad = [null, '1', `${seconds + 60}`, true, {}, [], -1, 1e300]
  it.each([...bad, undefined])('exp %j is malformed: a token must expire', async (exp) => {
    const { verify } = setUp(es)
    const result = await verify(await signRaw(es, claims({ exp })))
    expect(result).toBe('malformed-token')
  })

  it.each(bad)('nbf or iat %j is malformed', async (value) => {
    const { verify } = setUp(es)
    expect(await verify(await signRaw(es, claims({ nbf: value })))).toBe('malformed-token')
    expect(await verify(await signRaw(es, claims({ iat: value })))).toBe('malformed-token')
  })

  it('a token is valid from its nbf and iat until its exp, to the millisecond', async () => {
    const { verify, state } = setUp(es)
    const token = await issue(es, { nbf: seconds + 5, exp: seconds + 60.5 })
    expect(await verify(token)).toBe('token-not-yet-valid')
    state.now = now + 5_000
    expect(await verify(token)).toHaveProperty('claims')
    state.now = now + 60_499
    expect(await verify(token)).toHaveProperty('claims')
    state.now = now + 60_500
    expect(await verify(token)).toBe('token-expired')
    const fromAhead = await issue(es, { iat: seconds + 120, exp: seconds + 180 })
    expect(await verify(fromAhead)).toBe('token-not-yet-valid')
  })

  it('clocks may differ by the tolerance and no more', async () => {
    const { verify, state } = setUp(es, { clockToleranceSeconds: 30 })
    const token = await issue(es, { nbf: seconds + 29, exp: seconds + 60 })
    expect(await verify(token)).toHaveProperty('claims')
    state.now = now + 90_000
    expect(await verify(token)).toBe('token-expired')
  })
})

describe('a cached token', () => {
  it('does not outlive its expiry, its revocation or the key that signed it', async () => {
    const { verify, state, revoked } = setUp(es)
    const token = await issue(es)
    expect(await verify(token)).toHaveProperty('claims')
    revoked.add('one')
    expect(await verify(token)).toBe('token-revoked')
    revoked.clear()
    state.keySet = keySetOf((await createSigner('ES256', 'two')).jwk)
    expect(await verify(token)).toBe('token-signature')
    state.keySet = null
    expect(await verify(token)).toBe('issuer-keys-unavailable')
    state.keySet = keySetOf(es.jwk)
    state.now = now + 61_000
    expect(await verify(token)).toBe('token-expired')
  })

  it('a respelled token is not a second token: padding, unused bits, white space, the other alphabet', async () => {
    const { verify } = setUp(rs, { algorithms: ['RS256'] })
    const token = await issue(rs, { sub: 'ada??>>~~' })
    expect(await verify(token)).toHaveProperty('claims')
    const last = token.at(-1) as string
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const neighbours = [1, 2, 3].map((bits) => alphabet[alphabet.indexOf(last) ^ bits])
    const spellings = [
      ...[`${token}=`, `${token}==`, ` ${token}`, `${token} `, `${token}\n`, `${token}.`],
      ...[token.replace('.', '=.'), token.replaceAll('_', '/'), token.replaceAll('-', '+')],
      ...neighbours.map((char) => token.slice(0, -1) + char),
    ].filter((spelling) => spelling !== token)
    for (const spelling of spellings) {
      expect([spelling, await verify(spelling)]).toEqual([
        spelling,
        expect.stringMatching(/^(malformed-token|token-signature)$/),
      ])
    }
  })

  it('a token with any byte changed is refused', async () => {
    const { verify } = setUp(es)
    const token = await issue(es)
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.nat(63), async (at, char) => {
        const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
        const changed = token.slice(0, at) + alphabet[char] + token.slice(at + 1)
        if (changed !== token) expect(await verify(changed)).toBeTypeOf('string')
      }),
      { numRuns: 500 },
    )
  })

  it('no input throws', async () => {
    const { verify } = setUp(es)
    const part = fc.oneof(fc.string(), fc.json().map(encode), fc.base64String())
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 5 }), async (parts) => {
        expect(await verify(parts.join('.'))).toBeTypeOf('string')
      }),
      { numRuns: 2_000 },
    )
  })
})

it('an unknown kid triggers a fetch of newer keys of its own issuer only', async () => {
  const { verify, state } = setUp(es)
  const next = await createSigner('ES256', 'next')
  const rotated = createTokenVerifier({
    issuers: () => [
      {
        ...setUp(es).issuer,
        keys: {
          current: () => state.keySet,
          refresh: () => {
            state.keySet = keySetOf(es.jwk, next.jwk)
            return Promise.resolve()
          },
        },
      },
    ],
    clock: () => now,
    isRevoked: () => false,
  })
  expect(await verify(await issue(next))).toBe('token-signature')
  expect(await rotated(await issue(next))).toHaveProperty('claims')
})

it('a private key in a key set is not used', () => {
  const read = readKeySet(JSON.stringify({ keys: [{ ...es.secretJwk, kid: 'x' }] }))
  expect(read).toMatchObject({ leftOut: [{ why: expect.stringContaining('secret (d)') }] })
})

/** Signs tokens that the library would refuse to sign. */
function signRaw(signer: Signer, payload: object): string {
  const head = encode({ alg: signer.alg, kid: signer.kid, typ: 'at+jwt' })
  const signed = `${head}.${encode(payload)}`
  const key = { key: signer.secretJwk, format: 'jwk', dsaEncoding: 'ieee-p1363' } as const
  return `${signed}.${sign('sha256', Buffer.from(signed), key as never).toString('base64url')}`
}
