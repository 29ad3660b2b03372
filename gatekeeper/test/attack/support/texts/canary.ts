import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A credential that must not appear anywhere; `secrets` are the parts of it that are not public.
 */
export type Canary = {
  readonly name: string
  readonly text: string
  readonly secrets: readonly string[]
}

const random = () => randomBytes(32).toString('base64url')

/** A key that a person chose for a plain map, a token, a pair, a text of no form. */
export function makeCanaries(good: string, typo: string, plain: string): readonly Canary[] {
  const [claims, signature] = [Buffer.from(`{"jti":"${random()}"}`).toString('base64url'), random()]
  const password = random()
  const basic = Buffer.from(`user:${password}`).toString('base64')
  const bare = random()
  return [
    { name: 'a good key', text: good, secrets: [good.slice(14)] },
    { name: 'a key with a typing error', text: typo, secrets: [typo.slice(14)] },
    { name: 'a plain key', text: plain, secrets: [plain] },
    {
      name: 'a token',
      text: `eyJhbGciOiJFUzI1NiJ9.${claims}.${signature}`,
      secrets: [claims, signature],
    },
    { name: 'a Basic pair', text: basic, secrets: [password, basic] },
    { name: 'a text of no form', text: bare, secrets: [bare] },
  ]
}

/** Half a secret is too much: any run of this many characters counts as a find. */
const runChars = 16

/**
 * Where a secret, or a run of 16 characters of it, is in a text: unchanged, percent-encoded, in
 * hexadecimal, or inside any base64.
 */
export function findSecret(text: string, secret: string): string | null {
  const lower = text.toLowerCase()
  for (const [form, run] of runsOf(secret)) {
    const found = lower.indexOf(run)
    if (found !== -1) return `${form}: ${text.slice(Math.max(0, found - 160), found + 120)}`
  }
  return null
}

const runsBySecret = new Map<string, readonly (readonly [string, string])[]>()

function runsOf(secret: string): readonly (readonly [string, string])[] {
  const kept = runsBySecret.get(secret)
  if (kept !== undefined) return kept
  const runs = Object.entries(writingsOf(secret)).flatMap(([form, written]) => {
    const step = written.length / secret.length
    return Array.from({ length: secret.length - runChars + 1 }, (_, at) => {
      const run = written.slice(Math.ceil(at * step), Math.floor((at + runChars) * step))
      return [form, run.toLowerCase()] as const
    })
  })
  runsBySecret.set(secret, runs)
  return runs
}

function writingsOf(secret: string): Readonly<Record<string, string>> {
  const hex = Buffer.from(secret).toString('hex')
  const base64 = [0, 1, 2].map((shift) => {
    const text = Buffer.from('x'.repeat(shift) + secret).toString('base64')
    // The first and the last characters depend on the text around.
    return text.slice(shift === 0 ? 0 : 4).replace(/.{0,3}=*$/, '')
  })
  return {
    plain: secret,
    encoded: hex.replace(/../g, '%$&'),
    hex,
    ...Object.fromEntries(base64.map((text, at) => [`base64, moved by ${at}`, text])),
  }
}

/** Every file below a folder, as latin1; sockets and what cannot be read are left out. */
export function readAllFiles(folder: string): { readonly file: string; readonly text: string }[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({ file, text: readFileSync(file, 'latin1') }))
}
