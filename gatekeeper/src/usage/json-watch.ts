/**
 * Watches JSON go by, byte after byte, for the few members that matter, and keeps nothing else: an
 * answer of any size is read in constant memory, and it makes no difference how it was cut into
 * chunks. It reads one value after another, as lines of JSON are; elements of arrays stand for the
 * array itself. It judges nothing: what is no JSON is only never found.
 */

/** Where a member stands: names from the outside in. */
export type Place = readonly string[]

export type JsonWatch = {
  readonly read: (bytes: Uint8Array, from: number, to: number) => void
  /** Forgets where it was: the next byte begins a new value. */
  readonly reset: () => void
}

/** Places, made ready to be watched for. */
export type PlaceTree = Node

type Node = { readonly children: Map<string, Node>; leaf: number }

/** LiteLLM's ids of answers hold several others: more than 200 characters. */
export const textMax = 1_000
// Escapes, objects and arrays of JSON, as bytes.
const quote = 0x22
const backslash = 0x5c
const [openObject, closeObject, openArray, closeArray] = [0x7b, 0x7d, 0x5b, 0x5d]
const [comma, colon] = [0x2c, 0x3a]

/**
 * Makes a watch over places. `found` gets the index of the place and the text of the scalar: of a
 * string its raw characters, cut at 1,000; `ended` is called after every whole value at the top. The
 * empty place is a scalar at the top, or in an array there.
 */
export function createJsonWatch(
  root: PlaceTree,
  on: {
    readonly found: (place: number, text: string, isString: boolean) => void
    readonly ended: () => void
  },
): JsonWatch {
  const nodes: Node[] = []
  const arrays: boolean[] = []
  let depth = 0
  /** How many containers are open that nobody watches. */
  let skipped = 0
  let next: Node | null = root
  let isKey = false
  let isInString = false
  let isEscaped = false
  let text = ''
  let isScalar = false

  const reset = () => {
    depth = skipped = 0
    next = root
    isKey = isInString = isEscaped = isScalar = false
    text = ''
  }
  const take = (byte: number) => {
    if (text.length < textMax) text += String.fromCharCode(byte)
  }
  const isWanted = () => skipped === 0 && (isKey || (next !== null && next.leaf >= 0))
  const endScalar = () => {
    if (!isScalar) return
    isScalar = false
    if (next !== null && next.leaf >= 0) on.found(next.leaf, text, false)
    text = ''
  }
  const endString = () => {
    isInString = false
    if (skipped > 0) return
    if (isKey) next = nodes[depth - 1]?.children.get(text) ?? null
    else if (next !== null && next.leaf >= 0) on.found(next.leaf, text, true)
    isKey = false
    text = ''
  }
  const open = (isArray: boolean) => {
    // Arrays of arrays hold nothing of interest, and would let an answer choose our depth.
    const isNested = isArray && depth > 0 && arrays[depth - 1] === true
    if (skipped > 0 || next === null || next.children.size === 0 || isNested) {
      skipped++
      return
    }
    nodes[depth] = next
    arrays[depth] = isArray
    depth++
    isKey = !isArray
    if (!isArray) next = null
  }
  const close = () => {
    endScalar()
    if (skipped > 0) skipped--
    else if (depth > 0) depth--
    if (skipped > 0) return
    isKey = false
    next = depth > 0 ? null : root
    if (depth === 0) on.ended()
  }
  const separate = () => {
    endScalar()
    if (skipped > 0 || depth === 0) return
    isKey = arrays[depth - 1] !== true
    next = isKey ? null : (nodes[depth - 1] ?? null)
  }
  const readString = (byte: number) => {
    if (byte === quote && !isEscaped) return endString()
    isEscaped = byte === backslash && !isEscaped
    take(byte)
  }
  /** Long texts are most of what goes by: nothing is asked of their bytes but where they end. */
  const skipString = (bytes: Uint8Array, from: number, to: number): number => {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]
      if (isEscaped) isEscaped = false
      else if (byte === backslash) isEscaped = true
      else if (byte === quote) {
        endString()
        return at
      }
    }
    return to
  }
  const readOther = (byte: number) => {
    if (byte === colon || byte <= 0x20) return endScalar()
    if (!isWanted() || isKey) return
    isScalar = true
    take(byte)
  }
  const readOutside = (byte: number) => {
    if (byte === quote) {
      isInString = true
      text = ''
    } else if (byte === openObject || byte === openArray) open(byte === openArray)
    else if (byte === closeObject || byte === closeArray) close()
    else if (byte === comma) separate()
    else readOther(byte)
  }

  return {
    reset,
    read: (bytes, from, to) => {
      for (let at = from; at < to; at++) {
        if (!isInString) readOutside(bytes[at] as number)
        else if (isWanted()) readString(bytes[at] as number)
        else at = skipString(bytes, at, to)
      }
    },
  }
}

/** Prepares places; a place is known by its index. */
export function toPlaceTree(places: readonly Place[]): PlaceTree {
  const root: Node = { children: new Map(), leaf: -1 }
  for (const [index, place] of places.entries()) {
    let node = root
    for (const name of place) {
      const known = node.children.get(name) ?? { children: new Map(), leaf: -1 }
      node.children.set(name, known)
      node = known
    }
    node.leaf = index
  }
  return root
}
