/**
 * Reads JSON byte by byte for a few members and keeps nothing else, so that an answer of any size
 * takes constant memory, with any chunk boundaries. It reads one value after another, as in lines
 * of JSON; elements of an array count as the array itself. It validates nothing: in text that is
 * not JSON it finds nothing.
 */
import type { Place } from '../model/usage-form.ts'

/** Places, prepared for watching. */
export type PlaceTree = Node

type Node = { readonly children: Map<string, Node>; leaf: number }

/** LiteLLM's ids of answers contain several others: more than 200 characters. */
export const textMax = 1_000
// Escapes, objects and arrays of JSON, as bytes.
const quote = 0x22
const backslash = 0x5c
const [openObject, closeObject, openArray, closeArray] = [0x7b, 0x7d, 0x5b, 0x5d]
const [comma, colon] = [0x2c, 0x3a]

export type JsonListener = {
  /** Receives the index of the place, and the raw characters of a string, truncated at 1,000. */
  readonly found: (place: number, text: string, isString: boolean) => void
  /** Called after every complete top-level value. */
  readonly ended: () => void
}

/**
 * Watches for the scalars at places. The empty place is a top-level scalar, or one in a top-level
 * array.
 */
export class JsonWatch {
  readonly #root: Node
  readonly #on: JsonListener
  readonly #nodes: Node[] = []
  readonly #arrays: boolean[] = []
  #depth = 0
  /** How many open containers contain no watched place. */
  #skipped = 0
  #next: Node | null
  #isKey = false
  #isInString = false
  #isEscaped = false
  #text = ''
  #isScalar = false

  constructor(root: PlaceTree, on: JsonListener) {
    this.#root = root
    this.#on = on
    this.#next = root
  }

  /** Forgets its position: the next byte begins a new value. */
  reset(): void {
    this.#depth = this.#skipped = 0
    this.#next = this.#root
    this.#isKey = this.#isInString = this.#isEscaped = this.#isScalar = false
    this.#text = ''
  }

  read(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (!this.#isInString) this.#readOutside(bytes[at] as number)
      else if (this.#isWanted()) this.#readString(bytes[at] as number)
      else at = this.#skipString(bytes, at, to)
    }
  }

  #readOutside(byte: number): void {
    if (byte === quote) {
      this.#isInString = true
      this.#text = ''
    } else if (byte === openObject || byte === openArray) this.#open(byte === openArray)
    else if (byte === closeObject || byte === closeArray) this.#close()
    else if (byte === comma) this.#separate()
    else this.#readOther(byte)
  }

  #readString(byte: number): void {
    if (byte === quote && !this.#isEscaped) {
      this.#endString()
      return
    }
    this.#isEscaped = byte === backslash && !this.#isEscaped
    this.#take(byte)
  }

  /** Most bytes belong to long strings: only their end is searched. */
  #skipString(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at]
      if (this.#isEscaped) this.#isEscaped = false
      else if (byte === backslash) this.#isEscaped = true
      else if (byte === quote) {
        this.#endString()
        return at
      }
    }
    return to
  }

  #readOther(byte: number): void {
    if (byte === colon || byte <= 0x20) this.#endScalar()
    else if (this.#isWanted() && !this.#isKey) {
      this.#isScalar = true
      this.#take(byte)
    }
  }

  #take(byte: number): void {
    if (this.#text.length < textMax) this.#text += String.fromCharCode(byte)
  }

  #isWanted(): boolean {
    return this.#skipped === 0 && (this.#isKey || (this.#next !== null && this.#next.leaf >= 0))
  }

  #endScalar(): void {
    if (!this.#isScalar) return
    this.#isScalar = false
    this.#tell(false)
    this.#text = ''
  }

  #endString(): void {
    this.#isInString = false
    if (this.#skipped > 0) return
    if (this.#isKey) this.#next = this.#nodes[this.#depth - 1]?.children.get(this.#text) ?? null
    else this.#tell(true)
    this.#isKey = false
    this.#text = ''
  }

  #tell(isString: boolean): void {
    const next = this.#next
    if (next !== null && next.leaf >= 0) this.#on.found(next.leaf, this.#text, isString)
  }

  #open(isArray: boolean): void {
    // Arrays of arrays contain nothing of interest, and would let an answer choose our depth.
    const isNested = isArray && this.#depth > 0 && this.#arrays[this.#depth - 1] === true
    const next = this.#next
    if (this.#skipped > 0 || next === null || next.children.size === 0 || isNested) {
      this.#skipped++
      return
    }
    this.#nodes[this.#depth] = next
    this.#arrays[this.#depth] = isArray
    this.#depth++
    this.#isKey = !isArray
    if (!isArray) this.#next = null
  }

  #close(): void {
    this.#endScalar()
    if (this.#skipped > 0) this.#skipped--
    else if (this.#depth > 0) this.#depth--
    if (this.#skipped > 0) return
    this.#isKey = false
    this.#next = this.#depth > 0 ? null : this.#root
    if (this.#depth === 0) this.#on.ended()
  }

  #separate(): void {
    this.#endScalar()
    if (this.#skipped > 0 || this.#depth === 0) return
    this.#isKey = this.#arrays[this.#depth - 1] !== true
    this.#next = this.#isKey ? null : (this.#nodes[this.#depth - 1] ?? null)
  }
}

/** Prepares places; a place is identified by its index. */
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
