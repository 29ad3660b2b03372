/**
 * A provider's key at rest. A *held* key is sealed to the vault: the gatekeeper alone opens it. A
 * *split* key is encrypted with a random data key D. The client gets a random share A, the vault keeps
 * A xor D: neither side alone has anything, the private keys of the vault included.
 */
import { keyBytes, open, openOnce, type RandomBytes, seal, sealOnce } from './envelope.ts'
import { pad, unpad } from './padding.ts'
import type { Recipient, Ring } from './ring.ts'

/** What a sealed key belongs to. With any other value it does not open. */
export type KeyPlace = {
  /** The name of its row. */
  readonly id: string
  readonly provider: string
  /** Scheme, host and port of the only address that may get the key. */
  readonly origin: string
  /** The user that brought the key; null for keys of the operator. */
  readonly owner: string | null
  readonly team: string | null
  readonly version: number
}

/** A sealed key. `box` is base64. */
export type HeldBox = { readonly kid: string; readonly box: string }

/** A key of which the client has one share and this has the other. */
export type SplitBox = HeldBox & { readonly share: string }

type Mode = 'held' | 'split'

function aadOf(mode: Mode, { id, provider, origin, owner, team, version }: KeyPlace): Buffer {
  return Buffer.from(
    JSON.stringify(['gk-split', 1, id, mode, provider, origin, owner, team, version]),
  )
}

/** Seals a key for the gatekeeper. */
export function holdKey(
  key: string,
  place: KeyPlace,
  { kid, publicKey }: Recipient,
  random: RandomBytes,
): HeldBox {
  const aad = aadOf('held', place)
  return { kid, box: seal(pad(Buffer.from(key)), publicKey, { aad, random }).toString('base64') }
}

/** Returns the key; null if the row does not belong there, was changed, or has no key in the ring. */
export function openHeldKey(box: HeldBox, place: KeyPlace, ring: Ring): string | null {
  return textOf(openShare(box.box, box.kid, { aad: aadOf('held', place), ring }))
}

/** Splits a key. Each call makes a new data key: no two rows ever share one. */
export function splitKey(
  key: string,
  place: KeyPlace,
  { kid, publicKey }: Recipient,
  random: RandomBytes,
): { readonly row: SplitBox; readonly clientPart: string } {
  const aad = aadOf('split', place)
  const dataKey = random(keyBytes)
  const clientShare = random(keyBytes)
  const box = sealOnce(pad(Buffer.from(key)), dataKey, { aad, random })
  const share = seal(xor(dataKey, clientShare), publicKey, { aad, random })
  return {
    row: { kid, box: box.toString('base64'), share: share.toString('base64') },
    clientPart: `gkp1_${place.id}_${clientShare.toString('base64url')}`,
  }
}

const clientPartForm = /^gkp1_(.+)_([A-Za-z0-9_-]{43})$/

/** Returns the key; null if the client's part is wrong, or as `openHeldKey`. */
export function joinKey(
  { kid, box, share }: SplitBox,
  clientPart: string,
  { place, ring }: { readonly place: KeyPlace; readonly ring: Ring },
): string | null {
  const [, id, written = ''] = clientPartForm.exec(clientPart) ?? []
  if (id !== place.id) return null
  const aad = aadOf('split', place)
  const ownShare = openShare(share, kid, { aad, ring })
  const clientShare = Buffer.from(written, 'base64url')
  // The last of 43 letters has two bits that mean nothing: a part has one spelling only.
  if (ownShare?.length !== keyBytes || clientShare.toString('base64url') !== written) return null
  return textOf(openOnce(Buffer.from(box, 'base64'), xor(ownShare, clientShare), aad))
}

/** Returns the row sealed to the newest key of the ring; null if it does not open. */
export function rewrapHeldKey(
  row: HeldBox,
  place: KeyPlace,
  ring: Ring,
  random: RandomBytes,
): HeldBox | null {
  const aad = aadOf('held', place)
  const box = rewrap(row.box, row.kid, { aad, ring, random })
  return box === null ? null : { kid: ring[0].kid, box }
}

/** The same for a split key: the client's part stays good. */
export function rewrapSplitKey(
  row: SplitBox,
  place: KeyPlace,
  ring: Ring,
  random: RandomBytes,
): SplitBox | null {
  const aad = aadOf('split', place)
  const share = rewrap(row.share, row.kid, { aad, ring, random })
  return share === null ? null : { kid: ring[0].kid, box: row.box, share }
}

/** Whether the vault can open its share of a split key. Alone it opens nothing else. */
export function opensShare(row: SplitBox, place: KeyPlace, ring: Ring): boolean {
  return openShare(row.share, row.kid, { aad: aadOf('split', place), ring }) !== null
}

type Opening = { readonly aad: Buffer; readonly ring: Ring }

function rewrap(
  sealed: string,
  kid: string,
  { aad, ring, random }: Opening & { readonly random: RandomBytes },
): string | null {
  const content = openShare(sealed, kid, { aad, ring })
  return content && seal(content, ring[0].publicKey, { aad, random }).toString('base64')
}

function openShare(sealed: string, kid: string, { aad, ring }: Opening): Buffer | null {
  const pair = ring.find((key) => key.kid === kid)
  return pair === undefined ? null : open(Buffer.from(sealed, 'base64'), pair, aad)
}

function textOf(padded: Buffer | null): string | null {
  return (padded && unpad(padded)?.toString('utf8')) ?? null
}

function xor(one: Buffer, other: Buffer): Buffer {
  return one.map((byte, at) => byte ^ (other[at] as number)) as Buffer
}
