/**
 * Brings a JSON text into one plain form, in place and without building values: no blanks between
 * tokens, member names without needless escapes, numbers and strings byte for byte as they came.
 * Decoders disagree about duplicate names, letter case, comments, NaN and lone surrogates in names;
 * after this step nothing of that is left: it is normalised or refused.
 *
 * The work is done in steps, so that a large text does not block other requests.
 */
import { isUtf8 } from 'node:buffer'
import { isNameByte, literalEnd, numberEnd, textEnd } from './json-bytes.ts'
import { NameLog } from './json-name-log.ts'
import { foldName, foldSimply } from './json-names.ts'

/** A member of an object: its decoded name, and where its value stands in the normal text. */
export type JsonMember = { readonly name: string; readonly start: number; readonly end: number }

/**
 * Offsets without the quotes. The bytes change later, so the callback must read them immediately.
 */
export type JsonText = {
  readonly bytes: Buffer
  readonly nameStart: number
  readonly nameEnd: number
  readonly start: number
  readonly end: number
  /**
   * The name of the member whose object or list contains the string's own member; empty at the top.
   */
  readonly outerStart: number
  readonly outerEnd: number
  /** Whether it is below one of `ownWithin`. */
  readonly isOwn: boolean
}

export type JsonRules = {
  /**
   * Folded names of members below which a decoder may ignore the case of names, as it does at the
   * top level. There, no two names of an object may fold to the same name. A duplicate name is
   * refused in every object, at every depth.
   */
  readonly foldedWithin: ReadonlySet<string>
  /** The subset of them to which this applies at the top level only. */
  readonly foldedAtTop?: ReadonlySet<string>
  /**
   * Members below which names and strings are the caller's own data and mean nothing to the
   * upstream. For the names in `foldedAtTop` this applies below the top level as well.
   */
  readonly ownWithin?: ReadonlySet<string>
  /** Whether top-level names are written in folded form, for a decoder that folds them. */
  readonly foldsTop: boolean
  /** Called for every string of at least this many bytes. */
  readonly onText?: (text: JsonText) => void
  readonly textBytesMin?: number
}

/**
 * `malformed`: not a JSON object in UTF-8, or nested too deeply; `ambiguous`: a duplicate name.
 */
export type JsonProgress = 'more' | 'done' | 'malformed' | 'ambiguous'

/** Deeper than any client nests; Python's decoder fails at about a thousand. */
export const jsonNestingMax = 128

const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openList = 0x5b
const closeList = 0x5d
const openObject = 0x7b
const closeObject = 0x7d

// What may come next, as numbers for speed.
const wantsValue = 0
const wantsValueOrClose = 1
const wantsName = 2
const wantsNameOrClose = 3
const wantsColon = 4
const wantsComma = 5
const wantsEnd = 6

export class JsonNormalizer {
  readonly #bytes: Buffer
  readonly #rules: JsonRules
  readonly #members: JsonMember[] = []
  readonly #textBytesMin: number
  #at = 0
  #to = 0
  #wants = wantsValue
  #depth = 0
  #defect: 'malformed' | 'ambiguous' | null = null
  #topName = ''
  #topStart = 0
  readonly #isObject: number[] = [0]
  readonly #isFolded: number[] = [0]
  readonly #logs: NameLog[] = []
  /** Where the name of the innermost member begins, for each depth. */
  readonly #nameStarts: number[] = [0]
  readonly #nameEnds: number[] = [0]
  #isLastNameFolded = false
  readonly #isOwn: number[] = [0]
  #isLastNameOwn = false

  /** `bytes` are changed in place and belong to the normalizer from now on. */
  constructor(bytes: Buffer, rules: JsonRules) {
    this.#bytes = bytes
    this.#rules = rules
    const { onText, textBytesMin = 0 } = rules
    this.#textBytesMin = onText === undefined ? Number.POSITIVE_INFINITY : textBytesMin
    if (!isUtf8(bytes)) this.#defect = 'malformed'
  }

  /** Processes about this many bytes. */
  step(bytesMax: number): JsonProgress {
    const bytes = this.#bytes
    const until = Math.min(bytes.length, this.#at + bytesMax)
    while (this.#at < until && this.#defect === null) {
      const code = bytes[this.#at] as number
      if (code === 32 || code === 10 || code === 13 || code === 9) this.#at++
      else this.#token(code)
    }
    if (this.#defect !== null) return this.#defect
    if (this.#at < bytes.length) return 'more'
    return this.#wants === wantsEnd ? 'done' : 'malformed'
  }

  /** The normal text and the members of its outermost object, after `step` returned `done`. */
  get result(): { bytes: Buffer; members: readonly JsonMember[] } {
    return { bytes: this.#bytes.subarray(0, this.#to), members: this.#members }
  }

  #fail(defect: 'malformed' | 'ambiguous'): void {
    this.#defect ??= defect
  }

  #token(code: number): void {
    if (code === closeObject || code === closeList) return this.#close(code)
    switch (this.#wants) {
      case wantsComma:
        return code === comma ? this.#comma() : this.#fail('malformed')
      case wantsColon:
        return code === colon ? this.#colon() : this.#fail('malformed')
      case wantsName:
      case wantsNameOrClose:
        return code === quote ? this.#name() : this.#fail('malformed')
      case wantsEnd:
        return this.#fail('malformed')
      default:
        return this.#value(code)
    }
  }

  #put(code: number): void {
    this.#bytes[this.#to++] = code
    this.#at++
  }

  #comma(): void {
    this.#put(comma)
    this.#wants = this.#isObject[this.#depth] === 1 ? wantsName : wantsValue
  }

  #colon(): void {
    this.#put(colon)
    this.#wants = wantsValue
    if (this.#depth === 1) this.#topStart = this.#to
  }

  #value(code: number): void {
    // A body must be an object; a list or a string at the top level is refused.
    if (this.#depth === 0 && code !== openObject) return this.#fail('malformed')
    if (code === openObject || code === openList) return this.#open(code)
    const end = this.#scalarEnd(code)
    if (end === -1) return this.#fail('malformed')
    if (code === quote && end - this.#at - 2 >= this.#textBytesMin) this.#report(end)
    this.#copy(end)
    this.#endValue()
  }

  #scalarEnd(code: number): number {
    if (code === quote) return textEnd(this.#bytes, this.#at + 1)
    const isNumber = code === 0x2d || (code >= 0x30 && code <= 0x39)
    return isNumber ? numberEnd(this.#bytes, this.#at) : literalEnd(this.#bytes, this.#at)
  }

  /** Moves the token that ends before `end` to where the normal text ends. */
  #copy(end: number): void {
    const length = end - this.#at
    if (this.#to !== this.#at) {
      if (length > 24) this.#bytes.copyWithin(this.#to, this.#at, end)
      else
        for (let i = 0; i < length; i++)
          this.#bytes[this.#to + i] = this.#bytes[this.#at + i] as number
    }
    this.#to += length
    this.#at = end
  }

  #report(end: number): void {
    let object = this.#depth
    while (object > 1 && this.#isObject[object] === 0) object--
    this.#rules.onText?.({
      outerStart: this.#nameStarts[object - 1] as number,
      outerEnd: this.#nameEnds[object - 1] as number,
      isOwn: this.#isOwn[this.#depth] === 1,
      bytes: this.#bytes,
      nameStart: this.#nameStarts[this.#depth] as number,
      nameEnd: this.#nameEnds[this.#depth] as number,
      start: this.#at + 1,
      end: end - 1,
    })
  }

  #endValue(): void {
    if (this.#depth === 1) {
      this.#members.push({ name: this.#topName, start: this.#topStart, end: this.#to })
    }
    this.#wants = this.#depth === 0 ? wantsEnd : wantsComma
  }

  #open(code: number): void {
    if (this.#depth === jsonNestingMax) return this.#fail('malformed')
    const isObject = code === openObject
    const parent = this.#depth++
    const depth = this.#depth
    this.#isObject[depth] = isObject ? 1 : 0
    // A list passes on the name of its own member; an object uses the name of each member.
    const inherits = parent === 0 || this.#isObject[parent] === 0 || this.#isLastNameFolded
    this.#isFolded[depth] = inherits && (parent === 0 || this.#isFolded[parent] === 1) ? 1 : 0
    const isOwn = this.#isOwn[parent] === 1 || (this.#isObject[parent] === 1 && this.#isLastNameOwn)
    this.#isOwn[depth] = isOwn ? 1 : 0
    this.#nameStarts[depth] = this.#nameStarts[parent] as number
    this.#nameEnds[depth] = this.#nameEnds[parent] as number
    if (isObject) this.#logAt(depth).clear()
    this.#put(code)
    this.#wants = isObject ? wantsNameOrClose : wantsValueOrClose
  }

  #close(code: number): void {
    const isObject = code === closeObject
    const isOpen = this.#depth > 0 && (this.#isObject[this.#depth] === 1) === isObject
    const isTime =
      this.#wants === wantsComma ||
      this.#wants === (isObject ? wantsNameOrClose : wantsValueOrClose)
    if (!isOpen || !isTime) return this.#fail('malformed')
    this.#put(code)
    this.#depth--
    this.#endValue()
  }

  #logAt(depth: number): NameLog {
    this.#logs[depth] ??= new NameLog()
    return this.#logs[depth] as NameLog
  }

  #name(): void {
    const bytes = this.#bytes
    const start = this.#at + 1
    let at = start
    while (isNameByte(bytes[at])) at++
    const isPlain = bytes[at] === quote
    const end = isPlain ? at + 1 : textEnd(bytes, start)
    if (end === -1) return this.#fail('malformed')
    const name = isPlain ? bytes.toString('latin1', start, at) : this.#decode(end)
    if (name === null) return this.#fail('malformed')
    this.#enter(name, isPlain, end)
  }

  #decode(end: number): string | null {
    const name = JSON.parse(this.#bytes.toString('utf8', this.#at, end)) as string
    // Decoders drop, replace or keep a lone surrogate.
    return name.isWellFormed() ? name : null
  }

  /**
   * `isPlain` names consist of lower-case letters, digits and `_` only: no folding, no unescaping.
   */
  #enter(name: string, isPlain: boolean, end: number): void {
    const depth = this.#depth
    const isFolded = this.#isFolded[depth] === 1
    const folded = isPlain || !isFolded ? name : foldName(name)
    const isNew = this.#logAt(depth).add(folded)
    if (isNew !== true) return this.#fail(isNew === null ? 'malformed' : 'ambiguous')
    const written = depth === 1 && this.#rules.foldsTop ? foldSimply(name) : name
    this.#nameStarts[depth] = this.#to + 1
    if (isPlain) this.#copy(end)
    else {
      this.#to += this.#bytes.write(JSON.stringify(written), this.#to, 'utf8')
      this.#at = end
    }
    this.#nameEnds[depth] = this.#to - 1
    const { foldedWithin, foldedAtTop, ownWithin } = this.#rules
    const isBelowTop = depth > 1 && foldedAtTop?.has(folded) === true
    this.#isLastNameFolded = isFolded && foldedWithin.has(folded) && !isBelowTop
    this.#isLastNameOwn = isBelowTop || ownWithin?.has(folded) === true
    if (depth === 1) this.#topName = written
    this.#wants = wantsColon
  }
}
