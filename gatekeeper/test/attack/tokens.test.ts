/**
 * Forged access tokens at both points of one gateway: made by an attacker who knows the public
 * keys, the issuers and a valid token, and those of the external vectors.
 */
import { createHmac, createPublicKey, randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const audience = 'https://ai.example'
const [issuerA, issuerB] = ['https://a.example', 'https://b.example'] as const
const config = `${twoPointGateway}
issuers:
  - issuer: ${issuerA}
    audience: ${audience}
    algorithms: [ES256, RS256]
    keys: {file: a.json}
    clockToleranceSeconds: 0
    rules: [{role: readwrite, services: [ollama]}]
  - issuer: ${issuerB}
    audience: ${audience}
    algorithms: [ES256]
    keys: {file: b.json}
    rules: [{role: admin, services: ["*"]}]
`
const vectorFolder = resolve(import.meta.dirname, '../../../../shared/vectors')
const vectorFiles = ['jws', 'jwk', 'jwc'].map((name) =>
  join(vectorFolder, `wycheproof-${name}.json`),
)
const isThere = vectorFiles.every((file) => existsSync(file))
if (!isThere) process.stderr.write(`SKIP: no outside vectors at ${vectorFolder}\n`)

const points = ['/api/tags', '/chat/api/tags']
const encode = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

describe.skipIf(testCaddy === null)('a forged token', () => {
  let stack: Stack
  let keysA: Awaited<ReturnType<typeof generateKeyPair>>
  let rsa: Awaited<ReturnType<typeof generateKeyPair>>
  let keysB: Awaited<ReturnType<typeof generateKeyPair>>
  let good: string

  beforeAll(async () => {
    keysA = await generateKeyPair('ES256', { extractable: true })
    rsa = await generateKeyPair('RS256', { extractable: true })
    keysB = await generateKeyPair('ES256', { extractable: true })
    stack = await startStack({ keys: [makeKey()], config })
    const write = async (name: string, keys: readonly object[]) =>
      writeFileSync(join(dirname(stack.keysFile), name), JSON.stringify({ keys }))
    await write('b.json', [{ ...(await exportJWK(keysB.publicKey)), kid: 'b' }])
    await write('a.json', [
      { ...(await exportJWK(keysA.publicKey)), kid: 'a' },
      { ...(await exportJWK(rsa.publicKey)), kid: 'rsa', alg: 'RS256' },
    ])
    good = await sign({})
    await waitUntil(async () => (await statuses(good)).every((status) => status === 200), {
      ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
    })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  const now = () => Math.floor(Date.now() / 1000)
  const claimsOf = (changes: object) => ({
    ...{ iss: issuerA, aud: audience, sub: 'ada', jti: randomUUID(), iat: now() - 5 },
    ...{ exp: now() + 600, ...changes },
  })
  const sign = (changes: object, header: object = {}, key = keysA.privateKey) =>
    new SignJWT(claimsOf(changes))
      .setProtectedHeader({ alg: 'ES256', kid: 'a', typ: 'at+jwt', ...header })
      .sign(key)
  const statuses = async (token: string) =>
    await Promise.all(points.map(async (at) => (await stack.send(at, { key: token })).status))
  const expectRefused = async (token: string) => expect(await statuses(token)).toEqual([401, 401])
  const parts = () => good.split('.') as [string, string, string]

  it('without a signature is refused', async () => {
    const [, payload, signature] = parts()
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const head = encode({ alg, typ: 'at+jwt' })
      await expectRefused(`${head}.${payload}.`)
      await expectRefused(`${head}.${payload}.${signature}`)
    }
  })

  it('signed with a public key as if it were a secret is refused', async () => {
    const pem = await exportSPKI(rsa.publicKey)
    const der = createPublicKey(pem).export({ type: 'spki', format: 'der' })
    const jwk = JSON.stringify(await exportJWK(rsa.publicKey))
    for (const secret of [pem, pem.trim(), der, jwk, '']) {
      const text = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: 'rsa' })}.${encode(claimsOf({}))}`
      const mac = createHmac('sha256', secret).update(text).digest('base64url')
      await expectRefused(`${text}.${mac}`)
    }
  })

  it('of one issuer for another is refused, remembered or not', async () => {
    await expectRefused(await sign({ iss: issuerB }))
    await expectRefused(await sign({ iss: issuerB }, { kid: 'b' }))
    await expectRefused(await sign({}, { kid: 'b' }, keysB.privateKey))
    await expectRefused(await sign({}, { kid: 'a' }, keysB.privateKey))
    const [head, , signature] = parts()
    await expectRefused(`${head}.${encode(claimsOf({ iss: issuerB }))}.${signature}`)
    for (const iss of [`${issuerA}/`, issuerA.toUpperCase(), `${issuerA} `, [issuerA], null, '']) {
      await expectRefused(await sign({ iss }))
    }
  })

  it('that contains its own key, or the address of keys, is refused', async () => {
    const evil = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(evil.publicKey)
    const before = stack.upstream.received.length
    for (const header of [
      { jwk },
      { jku: `${stack.upstream.url}/jwks`, kid: 'new' },
      { x5u: `${stack.upstream.url}/x5u`, kid: 'new' },
      { x5c: ['AAAA'] },
      ...['../../../../dev/null', "' OR 1=1 --", '__proto__', '', 'a\u0000', '/etc/passwd'].map(
        (kid) => ({ kid }),
      ),
    ]) {
      await expectRefused(await sign({}, header, evil.privateKey))
    }
    // No key was fetched.
    expect(stack.upstream.received.length).toBe(before)
  })

  it('with unknown extensions is refused', async () => {
    await expectRefused(await sign({}, { crit: ['exp'], exp: 1 }).catch(() => good.slice(1)))
    const [, payload, signature] = parts()
    for (const header of [{ crit: ['b64'], b64: false }, { b64: true }, { crit: [] }]) {
      const head = encode({ alg: 'ES256', kid: 'a', typ: 'at+jwt', ...header })
      await expectRefused(`${head}.${payload}.${signature}`)
    }
  })

  it('of another type, for another audience, or out of its time is refused', async () => {
    for (const typ of ['JWT', 'id_token', 'logout+jwt', 'gatekeeper-statement+jws', undefined]) {
      await expectRefused(await sign({}, { typ }))
    }
    for (const aud of ['https://elsewhere.example', [], '', null, { 0: audience }, [audience, 1]]) {
      await expectRefused(await sign({ aud }))
    }
    const times = [now() - 1, 0, -1, `${now() + 600}`, 1e300, null, true, {}, [now() + 600]]
    for (const exp of times) await expectRefused(await sign({ exp }))
    for (const nbf of [now() + 600, `${now()}`, -1, 1e300, null]) {
      await expectRefused(await sign({ nbf }))
    }
    await expectRefused(await sign({ iat: now() + 600 }))
    for (const sub of ['', null, 7, ['ada'], 'a\u0000b']) await expectRefused(await sign({ sub }))
    // A fraction is a number (RFC 7519 §2).
    expect(await statuses(await sign({ exp: now() + 600.5 }))).toEqual([200, 200])
  })

  it('that spells a valid one differently is refused', async () => {
    const [head, payload, signature] = parts()
    const twice = `{"alg":"ES256","kid":"a","typ":"at+jwt","alg":"ES256"}`
    for (const token of [
      ...[`${good}=`, `${good}==`, `${good}.`, `.${good}`, `${good}.${signature}`],
      ...[`${head}=.${payload}.${signature}`, `${head}.${payload}=.${signature}`],
      `${head}.${payload}.${signature.slice(0, -1)}`,
      `${head}.${payload}.${Buffer.from(signature, 'base64url').toString('base64')}`,
      `${encode(twice)}.${payload}.${signature}`,
      `${head}.${encode(`${JSON.stringify(claimsOf({}))} `)}.${signature}`,
      `${head}..${signature}`,
      `..`,
    ]) {
      await expectRefused(token)
    }
    expect(await statuses(good)).toEqual([200, 200])
  })

  it.skipIf(!isThere)('from the external vectors is refused at both points', async () => {
    type Group = { readonly tests: readonly { readonly jws: unknown }[] }
    const texts = vectorFiles
      .flatMap(
        (file) => (JSON.parse(readFileSync(file, 'utf8')) as { testGroups: Group[] }).testGroups,
      )
      .flatMap(({ tests }) => tests.map(({ jws }) => jws))
      .filter((jws): jws is string => typeof jws === 'string' && jws.length < 8_000)
      // A text that a field cannot carry unchanged was never a credential.
      .filter((jws) => /^[\x21-\x2b\x2d-\x7e]+$/.test(jws))
    expect(texts.length).toBeGreaterThan(400)
    const left = [...new Set(texts)]
    const accepted: string[] = []
    const work = async () => {
      for (let text = left.pop(); text !== undefined; text = left.pop()) {
        const answers = await statuses(text)
        if (answers.some((status) => status !== 401)) accepted.push(`${answers} ${text}`)
      }
    }
    await Promise.all(Array.from({ length: 8 }, work))
    expect(accepted).toEqual([])
  })
})
