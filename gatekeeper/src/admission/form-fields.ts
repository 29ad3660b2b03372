import { isUtf8 } from 'node:buffer'
import {
  describeRefused,
  isAccountMember,
  isRefusedMember,
  isRefusedNested,
  nestedMembers,
} from '../kinds/refused-members.ts'
import { foldName } from '../lib/json/json-names.ts'
import { JsonNormalizer } from '../lib/json/json-normal.ts'
import type { PartHead } from '../lib/net/form-part-head.ts'
import type { Kind } from '../model/kind.ts'
import type { Reason } from '../model/reason.ts'
import type { Refused } from '../model/refused-error.ts'

const valuesBytesMax = 1024 * 1024
const valueBytesMax = 256 * 1024

/** The small fields of one form: their names, each once, and the checks on their values. */
export class FormFields {
  readonly #kind: Kind
  readonly #names = new Set<string>()
  #valuesBytes = 0
  #model = ''

  constructor(kind: Kind) {
    this.#kind = kind
  }

  /** The value of the field `model`; empty until it arrives. */
  get model(): string {
    return this.#model
  }

  get valueBytesLeft(): number {
    return Math.min(valueBytesMax, valuesBytesMax - this.#valuesBytes)
  }

  /** Judges the name of a part. */
  open({ name, fileName }: PartHead): Refused | null {
    // `a`, `a[]`, `a[b]`: frameworks turn the brackets into lists and objects.
    const match = /^([A-Za-z][\w.-]{0,63})((?:\[[\w.-]{0,64}\]){0,3})$/.exec(name)
    if (match === null) return plainly('form-malformed')
    const base = foldName(match[1] ?? '')
    const brackets = match[2] ?? ''
    // Lists repeat. Of any other repeated field some readers take the first, some the last.
    const isList = brackets === '[]' && base !== 'model'
    const key = isList ? `${base}[]` : base + foldName(brackets)
    if (this.#isAmbiguous(key, { base, brackets, isList })) return ambiguous(base)
    // `Model`, `model[]`, a file named `model`: some reader would take each of them for the model.
    if (base === 'model' && (name !== 'model' || fileName !== null)) return ambiguous(base)
    return this.#isRefusedName(base, brackets) ? this.#refuse(pathOf(base, brackets)) : null
  }

  /** Judges the value of a complete field. */
  close({ name }: PartHead, value: Buffer): Refused | null {
    this.#valuesBytes += value.length
    if (!isUtf8(value)) return plainly('form-malformed')
    if (name === 'model') this.#model = value.toString('utf8')
    if (!nestedMembers(this.#kind).includes(foldName(name))) return null
    const refused = findRefusedName(value, this.#kind)
    return refused === null ? null : this.#refuse([foldName(name), ...refused])
  }

  #refuse(path: readonly string[]): Refused {
    return { reason: 'body-field-refused', detail: describeRefused(this.#kind, path, 'field') }
  }

  #isAmbiguous(
    key: string,
    name: { readonly base: string; readonly brackets: string; readonly isList: boolean },
  ): boolean {
    const isKnown = this.#names.has(key)
    this.#names.add(key)
    if (isKnown) return !name.isList
    // Frameworks differ in what `a` is if `a[]` or `a[b]` is there too.
    const other = name.brackets === '' ? `${name.base}[` : name.base
    if (name.brackets === '') return [...this.#names].some((known) => known.startsWith(other))
    return this.#names.has(other)
  }

  #isRefusedName(base: string, brackets: string): boolean {
    const [first = '', ...within] = pathOf(base, brackets)
    const isRefusedAtTop = [base, first].some((part) => isRefusedMember(this.#kind, part))
    if ([first, ...within].some((part) => isAccountMember(this.#kind, part))) return true
    return isRefusedAtTop || within.some((part) => isRefusedNested(this.#kind, part))
  }
}

const plainly = (reason: Reason): Refused => ({ reason, detail: null })

/** Repeats only our own name in the answer; other names are the client's text. */
function ambiguous(base: string): Refused {
  const text = 'Send the field "model" exactly once, spelled like this, and not as a file or list.'
  return { reason: 'body-ambiguous', detail: base === 'model' ? { text, param: 'model' } : null }
}

/** Returns the names of `a.b[c][d]`, from the outside in. */
function pathOf(base: string, brackets: string): string[] {
  const inner = brackets.split(/[[\]]+/).filter((part) => part !== '')
  return [...base.split('.'), ...inner.map(foldName)]
}

/**
 * Finds a refused member in a field whose text LiteLLM reads as JSON. Returns the names to show, or
 * null if there is no such member.
 */
function findRefusedName(value: Buffer, kind: Kind): readonly string[] | null {
  const isRefused = (name: string) => isRefusedNested(kind, foldName(name))
  const read = readObject(value)
  if (read !== null) {
    const found = namesOf(read).find(isRefused)
    return found === undefined ? null : [foldName(found)]
  }
  // Not JSON for us, so every word counts: any name that another reader finds is among them.
  const folded = foldName(value.toString('utf8'))
  if (folded.includes('\\')) return []
  return (folded.match(/[a-z_][\w-]*/g) ?? []).some(isRefused) ? [] : null
}

/** Returns the object that every reader sees in a text; null if none, or with a repeated name. */
function readObject(value: Buffer): unknown {
  const normalizer = new JsonNormalizer(Buffer.from(value), {
    foldedWithin: new Set(),
    foldsTop: false,
  })
  if (normalizer.step(value.length + 1) !== 'done') return null
  return JSON.parse(normalizer.result.bytes.toString('utf8'))
}

/** Returns all member names, at any depth; the depth is bounded. */
function namesOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const names = Array.isArray(value) ? [] : Object.keys(value)
  return [...names, ...Object.values(value).flatMap(namesOf)]
}
