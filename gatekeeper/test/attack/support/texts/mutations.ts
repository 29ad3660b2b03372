import fc from 'fast-check'

/** Pieces that readers of paths, credentials and field names disagree about. */
export const mutations = {
  path: [
    ...['/', '//', '/.', '/..', '/../', '/./', '\\', ';', ';a=b', '#', '?', '?x=1', '%', '%2f'],
    ...['%2F', '%5c', '%2e', '%2e%2e', '%00', '%23', '%25', '%252f', '%61', '%C3%A9', '\u00e9'],
    ...['\0', '\r\n', '\t', ' ', 'A', '.', '..', '%c0%af', '%zz', '&', '=', ':', '@', '~', '*'],
    ...['http://h', '/api', '/chat', '/ollama', '/tags', '\u2215', '%3b', '%3f', '|', '"', '<'],
  ],
  credential: [
    ...['gk_', '_', ' ', '\t', ',', ';', '=', ':', 'Bearer ', 'Basic ', '"', "'", '\0', '\n'],
    ...['\u00e9', '\u0430', '\ud800', '\ufffd', '\u200b', '\ufeff', '%5F', '+', '/', '.', '..'],
    ...['A', 'z', '0', '__proto__', 'k'.repeat(100), 'k'.repeat(5_000), '{', '}', '[]', '*', '-'],
  ],
  name: [...["!#$%&'*+-.^_`|~".split('')].flat(), '-', '_', '.', 'x', 'X-', '-User', 'gatekeeper'],
} as const

/** Some of the good texts as they are, most with up to four changes, some of no origin at all. */
export function mutatedText(
  good: readonly string[],
  pieces: readonly string[],
): fc.Arbitrary<string> {
  const change = fc.record({
    kind: fc.constantFrom('insert', 'remove', 'replace', 'repeat', 'case'),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    piece: fc.constantFrom(...pieces),
  })
  const mutated = fc
    .tuple(fc.constantFrom(...good), fc.array(change, { maxLength: 4 }))
    .map(([text, changes]) => changes.reduce(mutate, text))
  return fc.oneof(
    { weight: 20, arbitrary: mutated },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  )
}

type Change = { readonly kind: string; readonly at: number; readonly piece: string }

function mutate(text: string, { kind, at, piece }: Change): string {
  const index = Math.floor(at * (text.length + 1))
  const [before, after] = [text.slice(0, index), text.slice(index)]
  switch (kind) {
    case 'insert':
      return before + piece + after
    case 'remove':
      return before + after.slice(1)
    case 'replace':
      return before + piece + after.slice(piece.length)
    case 'repeat':
      return before + after.slice(0, 3) + after
    default:
      return before + after.slice(0, 1).toUpperCase() + after.slice(1).toLowerCase()
  }
}
