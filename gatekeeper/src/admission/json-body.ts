import { setImmediate as nextTurn } from 'node:timers/promises'
import {
  describeAccountMember,
  describeRefused,
  isAccountMember,
  isElsewhere,
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
 * Members below which upstreams read names that matter. Below others the names belong to the
 * caller: parameters of a tool may be called `id` and `ID`, and so may labels in `metadata`.
 */
const foldedWithin = new Set(
  `options litellm_metadata litellm_embedding_config stream_options messages content parts
  contents input system source image_url input_audio thinking reasoning generationconfig images
  audio prompt inlinedata inline_data filedata file`.split(/\s+/),
)

/** Folded at the top only: below `messages`, `input` contains the arguments of a tool. */
const foldedAtTop = new Set(['input'])

/**
 * Arguments, results and schemas of tools, and labels: an address there is not an image, and a long
 * text is read by the model.
 */
const ownWithin = new Set(
  `arguments args parameters input_schema response metadata schema properties responseschema
  response_schema responsejsonschema response_json_schema parametersjsonschema
  parameters_json_schema`.split(/\s+/),
)

/** Bytes between two pauses in which other requests get their turn. */
const turnBytes = 256 * 1024

export type NormalBody = JsonBody & {
  /** Bytes of all images, and of the largest; Infinity if one is given by its address. */
  readonly imagesBytes: number
  readonly imageBytes: number
}

/** Why a readable body is refused, with the name of the member. */
export type BodyRefusal = { readonly defect: Reason; readonly detail: Detail }

/**
 * Reads bytes as a JSON object and rewrites them into the plain form that is forwarded; the
 * client's own bytes never are. Refuses input that two readers could understand differently.
 */
export async function readJsonBody(
  bytes: Buffer,
  how: { readonly kind: Kind; readonly measuresImages: boolean },
): Promise<NormalBody | BodyRefusal | Reason> {
  const { kind } = how
  const images = new ImageMeasure()
  const references = kind.accountMembers === undefined ? null : new ReferenceFinder(kind)
  const normalizer = new JsonNormalizer(bytes, {
    foldedWithin,
    foldedAtTop,
    ownWithin,
    foldsTop: kind.foldsNames === true,
    // An address is short; without a cap only texts that may be large images matter.
    textBytesMin: how.measuresImages || references !== null ? 1 : textBytesUsual,
    onText: (text) => {
      references?.add(text)
      if (how.measuresImages || text.end - text.start >= textBytesUsual) images.add(text)
    },
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
  if (references?.found) {
    return { defect: 'body-field-refused', detail: describeAccountMember(references.found) }
  }
  return { ...body, imagesBytes: images.bytes, imageBytes: images.largest }
}

/** Returns the folded names of the path to a refused member; null if there is none. */
function findRefusedMember(body: JsonBody, kind: Kind): readonly string[] | null {
  for (const { name } of body.members) {
    if (isRefusedMember(kind, foldName(name))) return [foldName(name)]
  }
  for (const { name } of body.members) {
    if (!nestedMembers(kind).includes(foldName(name))) continue
    // An upstream would parse a JSON text here, which we did not check.
    if (typeof readMember(body, [name]) === 'string') return [foldName(name)]
    const nested = namesWithin(body, name).find((own) => isRefusedNested(kind, foldName(own)))
    if (nested !== undefined) return [foldName(name), foldName(nested)]
  }
  return null
}

const textBytesUsual = 256

/** Finds the first text that is the id of an object of the account. */
class ReferenceFinder {
  readonly #kind: Kind
  /** The name of its member; null if there is none. */
  found: string | null = null

  constructor(kind: Kind) {
    this.#kind = kind
  }

  add({ bytes, isOwn, ...at }: JsonText): void {
    // No member of a list is longer, and names of a caller's own are no members of the provider.
    if (isOwn || this.found !== null || at.nameEnd - at.nameStart > 24) return
    const name = bytes.toString('latin1', at.nameStart, at.nameEnd).toLowerCase()
    const outer = name === 'id' ? bytes.toString('latin1', at.outerStart, at.outerEnd) : ''
    if (!isAccountMember(this.#kind, name, outer.toLowerCase())) return
    const text = JSON.parse(`"${bytes.toString('utf8', at.start, at.end)}"`) as string
    if (!isElsewhere(this.#kind, text)) this.found = name === 'id' ? `${outer}.id` : name
  }
}

/** Names of members that contain an image: base64, a data address or an address. */
const imageNames = new Set(
  'images image image_url url data b64_json file_data init_images mask fileuri file_uri'.split(' '),
)

/** Members whose `url` is an image; in other members it is the source of a search result. */
const urlHolders = /^(?:source|images?|mask|file|video|audio|[a-z]+_url)$/

class ImageMeasure {
  bytes = 0
  largest = 0

  add(text: JsonText): void {
    if (!isImage(text)) return
    const { bytes, start, end } = text
    const head = plainHead(bytes.toString('latin1', start, Math.min(end, start + 64)))
    // The size behind an address is known only to the server that fetches it.
    if (head.includes(':') && !head.startsWith('data:')) this.largest = Number.POSITIVE_INFINITY
    else this.#count(end - start)
  }

  /** Base64 uses four characters for three bytes. */
  #count(length: number): void {
    this.bytes += length
    this.largest = Math.max(this.largest, Math.floor((length * 3) / 4))
  }
}

function isImage({ bytes, isOwn, ...at }: JsonText): boolean {
  if (isOwn || at.nameEnd - at.nameStart > 16) return false
  const name = bytes.toString('latin1', at.nameStart, at.nameEnd).toLowerCase()
  if (name !== 'url') return imageNames.has(name)
  // No image member has a longer name.
  const outer = bytes.toString('latin1', at.outerStart, Math.min(at.outerEnd, at.outerStart + 32))
  return urlHolders.test(outer.toLowerCase())
}

/** Returns the start of a text as its reader sees it, so that an escape cannot hide an address. */
function plainHead(raw: string): string {
  const text = raw.replaceAll(/\\u([0-9a-fA-F]{4})/g, (_all, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  )
  return text.trim().toLowerCase()
}
