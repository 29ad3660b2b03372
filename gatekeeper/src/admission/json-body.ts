import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  describeRefused,
  isRefusedMember,
  isRefusedNested,
  nestedMembers,
} from '../kinds/refused-members.ts'
import { type JsonBody, namesWithin, readMember } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import { JsonNormalizer, type JsonText } from '../lib/json/json-normal.ts'
import type { Detail } from '../model/detail.ts'
import type { Kind } from '../model/kind.ts'
import type { Reason } from '../model/reason.ts'

/**
 * Members below which upstreams read names that count. What is below others is the caller's own:
 * the parameters of a tool may well be called `id` and `ID`, and so may labels in `metadata`.
 */
const foldedWithin = new Set(
  `options litellm_metadata litellm_embedding_config stream_options messages content parts
  contents input system source image_url input_audio thinking reasoning generationconfig images
  audio prompt inlinedata inline_data filedata file`.split(/\s+/),
)

/** These are read at the top alone: below `messages`, `input` holds what a tool is called with. */
const foldedAtTop = new Set(['input'])

/**
 * What tools are called with, what they gave back as JSON, what describes them, and labels: an
 * address there is no image, and a long text is one that the model reads.
 */
const ownWithin = new Set('arguments args parameters input_schema response metadata'.split(' '))

/** Bytes between two pauses in which others get their turn. */
const turnBytes = 256 * 1024

export type NormalBody = JsonBody & {
  /** Bytes of all images, and of the largest one; Infinity where one is named by its address. */
  readonly imagesBytes: number
  readonly imageBytes: number
}

/** Why a body that can be read is refused, with the name of the member. */
export type BodyRefusal = { readonly defect: Reason; readonly detail: Detail }

/**
 * Reads bytes as a JSON object and brings them into the plain form in which they are sent on; the
 * bytes that the client sent never are. Refuses what two readers could read in two ways.
 */
export async function readJsonBody(
  bytes: Buffer,
  how: { readonly kind: Kind; readonly measuresImages: boolean },
): Promise<NormalBody | BodyRefusal | Reason> {
  const { kind } = how
  const images = new ImageMeasure()
  const normalizer = new JsonNormalizer(bytes, {
    foldedWithin,
    foldedAtTop,
    ownWithin,
    foldsTop: kind.foldsNames === true,
    // An address is short; without a cap only what weighs is looked at.
    textBytesMin: how.measuresImages ? 1 : 256,
    onText: (text) => images.add(text),
  })
  let progress = normalizer.step(turnBytes)
  while (progress === 'more') {
    await nextTurn()
    progress = normalizer.step(turnBytes)
  }
  if (progress !== 'done') return `body-${progress}`
  const body = normalizer.result
  const refused = findRefusedMember(body, kind)
  if (refused !== null) {
    return { defect: 'body-field-refused', detail: describeRefused(kind, refused) }
  }
  return { ...body, imagesBytes: images.bytes, imageBytes: images.largest }
}

/** The folded names that lead to a member which callers may not set; null where there is none. */
function findRefusedMember(body: JsonBody, kind: Kind): readonly string[] | null {
  for (const { name } of body.members) {
    if (isRefusedMember(kind, foldName(name))) return [foldName(name)]
  }
  for (const { name } of body.members) {
    if (!nestedMembers(kind).includes(foldName(name))) continue
    // Given as JSON text it would be parsed behind us.
    if (typeof readMember(body, [name]) === 'string') return [foldName(name)]
    const nested = namesWithin(body, name).find((own) => isRefusedNested(kind, foldName(own)))
    if (nested !== undefined) return [foldName(name), foldName(nested)]
  }
  return null
}

/** Names of members that hold an image, as base64, a data address or an address. */
const imageNames = new Set(
  'images image image_url url data b64_json file_data init_images mask fileuri file_uri'.split(' '),
)

/** Members in whose object a `url` is an image; elsewhere it is where something was found. */
const urlHolders = /^(?:source|images?|mask|file|video|audio|[a-z]+_url)$/

class ImageMeasure {
  bytes = 0
  largest = 0

  add(text: JsonText): void {
    if (!isImage(text)) return
    const { bytes, start, end } = text
    const head = plainHead(bytes.toString('latin1', start, Math.min(end, start + 64)))
    // Only whoever fetches an address learns the size of what is there.
    if (head.includes(':') && !head.startsWith('data:')) this.largest = Number.POSITIVE_INFINITY
    else this.#count(end - start)
  }

  /** Base64 has four characters for three bytes. */
  #count(length: number): void {
    this.bytes += length
    this.largest = Math.max(this.largest, Math.floor((length * 3) / 4))
  }
}

function isImage({ bytes, isOwn, ...at }: JsonText): boolean {
  if (isOwn || at.nameEnd - at.nameStart > 16) return false
  const name = bytes.toString('latin1', at.nameStart, at.nameEnd).toLowerCase()
  if (name !== 'url') return imageNames.has(name)
  // Longer names hold none.
  const outer = bytes.toString('latin1', at.outerStart, Math.min(at.outerEnd, at.outerStart + 32))
  return urlHolders.test(outer.toLowerCase())
}

/** The beginning of a text as its reader sees it: an escape must not hide an address. */
function plainHead(raw: string): string {
  const text = raw.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
  return text.trim().toLowerCase()
}
