/** Finds credentials in the target of a request, where every log on the way would record them. */
import { hasKeyShape } from '../model/key-shape.ts'

export type PlainKeyTest = (text: string) => boolean

type TokenTest = {
  /** Whether the text contains an access token that is meant for us. */
  readonly holdsToken: (text: string) => boolean
}

/** Whether the URL contains a credential, which every log on the way would record. */
export function carriesCredential(target: string, { holdsToken }: TokenTest): boolean {
  return readings(target).some((form) => hasKeyShape(form) || holdsToken(form))
}

/** Whether a part of the target is a plain key; a check refuses that after authentication. */
export function holdsPlainKey(target: string, isPlainKey: PlainKeyTest | null): boolean {
  return isPlainKey !== null && readings(target).flatMap(partsOf).some(isPlainKey)
}

/** Returns the target as it is, and decoded one to three times, as readers on the way may do. */
function readings(target: string): string[] {
  const forms = [target]
  while (forms.length < 4 && forms.at(-1)?.includes('%')) forms.push(decode(forms.at(-1) as string))
  return forms
}

/** Decodes percent-encoded UTF-8. Invalid sequences stay, because the rest may be a key. */
function decode(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => {
    try {
      return decodeURIComponent(run)
    } catch {
      return run
    }
  })
}

/**
 * Returns the parts in which a plain key may be, which has no form of its own: path segments, query
 * values, and the words of both. Forms read `+` as a space, others as `+`: both count.
 */
function partsOf(target: string): string[] {
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const pairs = mark === -1 ? [] : target.slice(mark + 1).split('&')
  const values = pairs.map((pair) => pair.slice(pair.indexOf('=') + 1))
  const blanks = values.map((value) => value.replaceAll('+', ' '))
  const words = target.split(/[/?&=\s"'<>,;()[\]{}]+/)
  return [...path.split('/'), ...pairs, ...values, ...blanks, ...words]
}
