import { isUtf8 } from 'node:buffer'
import { isRefusedMember, isRefusedNested, nestedMembers } from '../endpoints/refused-members.ts'
import type { PartHead } from '../lib/form-part-head.ts'
import { foldName } from '../lib/json-names.ts'
import type { Reason } from '../policy/reason.ts'
import type { ServiceKind } from '../policy/service.ts'

const valuesBytesMax = 1024 * 1024
const valueBytesMax = 256 * 1024

/** The small fields of one form: their names, each once, and what they may not say. */
export class FormFields {
  readonly #kind: ServiceKind
  readonly #names = new Set<string>()
  #valuesBytes = 0
  #model = ''

  constructor(kind: ServiceKind) {
    this.#kind = kind
  }

  /** The text of the field `model`; empty until it came. */
  get model(): string {
    return this.#model
  }

  get valueBytesLeft(): number {
    return Math.min(valueBytesMax, valuesBytesMax - this.#valuesBytes)
  }

  /** Judges the name of a part. */
  open({ name, fileName }: PartHead): Reason | null {
    // `a`, `a[]`, `a[b]`: frameworks make lists and objects of the brackets.
    const match = /^([A-Za-z][\w.-]{0,63})((?:\[[\w.-]{0,64}\]){0,3})$/.exec(name)
    if (match === null) return 'form-malformed'
    const base = foldName(match[1] ?? '')
    const brackets = match[2] ?? ''
    // Lists repeat; everything else that comes twice counts once to some and last to others.
    const isList = brackets === '[]' && base !== 'model'
    const key = isList ? `${base}[]` : base + foldName(brackets)
    if (this.#isAmbiguous(key, { base, brackets, isList })) return 'body-ambiguous'
    // `Model`, `model[]`, a file called `model`: each would be the model to somebody.
    if (base === 'model' && (name !== 'model' || fileName !== null)) return 'body-ambiguous'
    return this.#isRefusedName(base, brackets) ? 'body-field-refused' : null
  }

  /** Judges the value of a field, once it is whole. */
  close({ name }: PartHead, value: Buffer): Reason | null {
    this.#valuesBytes += value.length
    if (!isUtf8(value)) return 'form-malformed'
    if (name === 'model') this.#model = value.toString('utf8')
    if (!nestedMembers(this.#kind).includes(foldName(name))) return null
    return hasRefusedName(value.toString('utf8'), this.#kind) ? 'body-field-refused' : null
  }

  #isAmbiguous(
    key: string,
    name: { readonly base: string; readonly brackets: string; readonly isList: boolean },
  ): boolean {
    const isKnown = this.#names.has(key)
    this.#names.add(key)
    if (isKnown) return !name.isList
    // `a` beside `a[]` or `a[b]`: which of them makes `a` differs.
    const other = name.brackets === '' ? `${name.base}[` : name.base
    if (name.brackets === '') return [...this.#names].some((known) => known.startsWith(other))
    return this.#names.has(other)
  }

  #isRefusedName(base: string, brackets: string): boolean {
    const inner = brackets.split(/[[\]]+/).filter((part) => part !== '')
    const [first = '', ...dotted] = base.split('.')
    const isRefusedAtTop = [base, first].some((part) => isRefusedMember(this.#kind, part))
    return (
      isRefusedAtTop ||
      [...dotted, ...inner.map(foldName)].some((part) => isRefusedNested(this.#kind, part))
    )
  }
}

/** A field whose text LiteLLM reads as JSON: nothing that is refused may stand in it. */
function hasRefusedName(text: string, kind: ServiceKind): boolean {
  // By their letters and not by a reader of ours: whatever its own takes for a name is in there.
  const folded = foldName(text)
  if (folded.includes('\\')) return true
  return (folded.match(/[a-z_][\w-]*/g) ?? []).some((word) => isRefusedNested(kind, word))
}
