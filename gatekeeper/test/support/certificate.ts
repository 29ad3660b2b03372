import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A certificate with its private key, both as PEM text. */
export type Certificate = {
  readonly cert: string
  readonly key: string
  readonly name: string
}

const dayMs = 86_400_000

/**
 * Makes a certificate for `localhost`, 127.0.0.1 and ::1, signed by `issuer`, or by itself. With
 * `isAuthority` it may sign others.
 */
export function makeCertificate({
  name = 'test',
  issuer = null,
  isAuthority = false,
  days = 30,
  host = 'localhost',
}: {
  readonly name?: string
  readonly issuer?: Certificate | null
  readonly isAuthority?: boolean
  /** For how long it is valid from now on; one that has expired has a negative number. */
  readonly days?: number
  readonly host?: string
} = {}): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const now = Date.now()
  const extensions = isAuthority ? [authority] : [alternativeNames(host)]
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(Math.floor(Math.random() * 1e9) + 1),
    ecdsaWithSha256,
    distinguishedName(issuer?.name ?? name),
    sequence(time(now - 60 * dayMs), time(now + days * dayMs)),
    distinguishedName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  )
  const signer = issuer === null ? privateKey : createPrivateKey(issuer.key)
  return { name, cert: toPem(body, signer), key: exportKey(privateKey) }
}

function toPem(body: Buffer, signer: KeyObject): string {
  const signature = sign('sha256', body, signer)
  const der = sequence(body, ecdsaWithSha256, bits(signature))
  const text = der.toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${text.trimEnd()}\n-----END CERTIFICATE-----\n`
}

const exportKey = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString()

// DER (X.690), as much as a certificate needs (RFC 5280 §4.1).
function tagged(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  return Buffer.concat([Buffer.from([tag, ...lengthOf(length)]), content])
}

/** The shortest form, which Go insists on. */
function lengthOf(length: number): number[] {
  if (length < 128) return [length]
  return length < 256 ? [0x81, length] : [0x82, Math.floor(length / 256), length % 256]
}

const sequence = (...parts: readonly Buffer[]) => tagged(0x30, ...parts)
const bits = (content: Buffer) => tagged(0x03, Buffer.from([0]), content)
const oid = (hex: string) => tagged(0x06, Buffer.from(hex, 'hex'))

function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return tagged(0x02, (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes)
}

function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replace(/[-:T]|\.\d+/g, '')
  return tagged(0x17, Buffer.from(text.slice(2)))
}

function distinguishedName(name: string): Buffer {
  const commonName = sequence(oid('550403'), tagged(0x0c, Buffer.from(name)))
  return sequence(tagged(0x31, commonName))
}

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))
const yes = tagged(0x01, Buffer.from([0xff]))
const authority = sequence(oid('551d13'), yes, tagged(0x04, sequence(yes)))

function alternativeNames(host: string): Buffer {
  const loopback = [Buffer.from([127, 0, 0, 1]), Buffer.from(`${'00'.repeat(15)}01`, 'hex')]
  const addresses = host === 'localhost' ? loopback.map((bytes) => tagged(0x87, bytes)) : []
  const names = sequence(tagged(0x82, Buffer.from(host)), ...addresses)
  return sequence(oid('551d11'), tagged(0x04, names))
}
