import { type Aim, type Mutation, payloads, post } from './mutation.ts'

/** How a Content-Length of n can be written; the body is n bytes and a stolen request behind it. */
const lengths: readonly (readonly [name: string, line: (n: number) => string])[] = [
  ['right', (n) => `Content-Length: ${n}`],
  ['zero', () => 'Content-Length: 0'],
  ['one short', (n) => `Content-Length: ${n - 1}`],
  ['one long', (n) => `Content-Length: ${n + 1}`],
  ['far too long', (n) => `Content-Length: ${n + 1_000_000}`],
  ['absent', () => 'X-None: 1'],
  ['empty', () => 'Content-Length:'],
  ['a plus', (n) => `Content-Length: +${n}`],
  ['a minus', (n) => `Content-Length: -${n}`],
  ['minus zero', () => 'Content-Length: -0'],
  ['minus one', () => 'Content-Length: -1'],
  ['hexadecimal', (n) => `Content-Length: 0x${n.toString(16)}`],
  ['octal', (n) => `Content-Length: 0o${n.toString(8)}`],
  ['leading zeros', (n) => `Content-Length: 000${n}`],
  ['a fraction', (n) => `Content-Length: ${n}.0`],
  ['an exponent', (n) => `Content-Length: ${n}e0`],
  ['an underscore', (n) => `Content-Length: 0_${n}`],
  ['a letter behind', (n) => `Content-Length: ${n}a`],
  ['a word behind', (n) => `Content-Length: ${n} a`],
  ['a parameter', (n) => `Content-Length: ${n};a`],
  ['quotes', (n) => `Content-Length: "${n}"`],
  ['a tab before', (n) => `Content-Length:\t${n}`],
  ['spaces around', (n) => `Content-Length:   ${n}   `],
  ['space before the colon', (n) => `Content-Length : ${n}`],
  ['a vertical tab', (n) => `Content-Length: \v${n}`],
  ['NUL behind', (n) => `Content-Length: ${n}\0`],
  ['a fold', (n) => `Content-Length:\r\n ${n}`],
  ['folded digits', (n) => `Content-Length: ${n}\r\n 0`],
  ['a bare CR behind', (n) => `Content-Length: ${n}\rX: y`],
  ['twice the same', (n) => `Content-Length: ${n}\r\nContent-Length: ${n}`],
  ['zero above', (n) => `Content-Length: 0\r\nContent-Length: ${n}`],
  ['zero below', (n) => `Content-Length: ${n}\r\nContent-Length: 0`],
  ['an empty one above', (n) => `Content-Length:\r\nContent-Length: ${n}`],
  ['list of the same', (n) => `Content-Length: ${n}, ${n}`],
  ['list with zero', (n) => `Content-Length: ${n}, 0`],
  ['zero and list', (n) => `Content-Length: 0, ${n}`],
  ['comma behind', (n) => `Content-Length: ${n},`],
  ['comma before', (n) => `Content-Length: ,${n}`],
  ['beyond 32 bits', (n) => `Content-Length: ${2 ** 32 + n}`],
  ['beyond 64 bits', (n) => `Content-Length: ${2n ** 64n + BigInt(n)}`],
  ['largest of 64 bits', () => `Content-Length: ${2n ** 63n - 1n}`],
  ['forty digits', () => `Content-Length: ${'9'.repeat(40)}`],
  ['Arabic digits', () => 'Content-Length: \xd9\xa5'],
  ['wide digits', () => 'Content-Length: \xef\xbc\x95'],
  ['underscore in the name', (n) => `Content_Length: ${n}`],
  ['NUL in the name', (n) => `Content-Length\0: ${n}`],
  ['behind a bare LF', (n) => `X: y\nContent-Length: ${n}`],
  ['named by Connection', (n) => `Connection: Content-Length\r\nContent-Length: ${n}`],
]

export const lengthMutations: readonly Mutation[] = lengths.map(([name, line], row) => {
  const named = Object.entries(payloads)
  const [payloadName, payload] = named[row % named.length] as (typeof named)[0]
  return {
    name: `length ${name}, ${payloadName}`,
    bytes: (aim: Aim) => `${post(aim, line(5))}AAAAA${payload(aim)}`,
  }
})

/** The body itself is the stolen request, by a length that says so or does not. */
export const gluedMutations: readonly Mutation[] = lengths.map(([name, line]) => ({
  name: `length ${name}, theft as the body`,
  bytes: (aim: Aim) => {
    const stolen = payloads.theft(aim)
    return post(aim, line(stolen.length)) + stolen
  },
}))
