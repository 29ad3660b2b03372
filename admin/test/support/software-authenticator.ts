/**
 * An authenticator in software: makes passkeys (ES256, no attestation) and answers challenges as a
 * browser would send them. `twist` changes one thing, as an attacker would.
 */
import { createHash, createSign, generateKeyPairSync, randomBytes } from 'node:crypto'

export type Twist = {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly type?: string
  /** User present 1, user verified 4, attested data 64. */
  readonly flags?: number
  readonly signCount?: number
  readonly userHandle?: string
  readonly signature?: Buffer
}

type Options = { readonly challenge: string; readonly user?: { readonly id: string } }

/** Returns an authenticator that made no passkey yet. */
export function createAuthenticator({ rpId, origin }: { rpId: string; origin: string }) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const id = randomBytes(32)
  let signCount = 0
  let userHandle = ''

  const clientData = (type: string, { challenge }: Options, twist: Twist) =>
    Buffer.from(
      JSON.stringify({
        type: twist.type ?? type,
        challenge: twist.challenge ?? challenge,
        origin: twist.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const authData = (flags: number, twist: Twist, attested = Buffer.alloc(0)) => {
    const head = Buffer.alloc(5)
    head.writeUInt8(twist.flags ?? flags, 0)
    head.writeUInt32BE(twist.signCount ?? signCount, 1)
    return Buffer.concat([sha256(Buffer.from(twist.rpId ?? rpId)), head, attested])
  }
  return {
    id: id.toString('base64url'),
    register: (options: Options, twist: Twist = {}) => {
      userHandle = options.user?.id ?? ''
      const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
      const cose = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const length = Buffer.alloc(2)
      length.writeUInt16BE(id.length)
      const data = authData(69, twist, Buffer.concat([Buffer.alloc(16), length, id, cose]))
      const size = Buffer.alloc(2)
      size.writeUInt16BE(data.length)
      const attestationObject = Buffer.concat([
        // {"fmt": "none", "attStmt": {}, "authData": bytes}
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746159', 'hex'),
        size,
        data,
      ])
      return {
        ...{ id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' },
        response: {
          clientDataJSON: clientData('webauthn.create', options, twist).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal'],
        },
        clientExtensionResults: {},
      }
    },
    sign: (options: Options, twist: Twist = {}) => {
      signCount += 1
      const data = authData(5, twist)
      const json = clientData('webauthn.get', options, twist)
      const signature = createSign('sha256')
        .update(Buffer.concat([data, sha256(json)]))
        .sign(privateKey)
      return {
        ...{ id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key' },
        response: {
          clientDataJSON: json.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: (twist.signature ?? signature).toString('base64url'),
          userHandle: twist.userHandle ?? userHandle,
        },
        clientExtensionResults: {},
      }
    },
  }
}

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest()
