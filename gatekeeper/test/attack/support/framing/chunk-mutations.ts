import { type Aim, type Mutation, payloads, post, theft } from './mutation.ts'

/** How the size line of a chunk of five bytes can be written, `\r\n` behind it left out. */
const sizes: readonly (readonly [name: string, line: string])[] = [
  ['plain', '5'],
  ['0x', '0x5'],
  ['0X', '0X5'],
  ['plus', '+5'],
  ['minus', '-5'],
  ['leading zero', '05'],
  ['sixteen digits', '0000000000000005'],
  ['seventeen digits', '00000000000000005'],
  ['two hundred zeros', `${'0'.repeat(200)}5`],
  ['space after', '5 '],
  ['tab after', '5\t'],
  ['space before', ' 5'],
  ['tab before', '\t5'],
  ['underscore', '0_5'],
  ['comma', '5,'],
  ['fraction', '5.0'],
  ['letter beyond F', '5g'],
  ['h for hexadecimal', '5h'],
  ['no digits', ''],
  ['only a space', ' '],
  ['only a semicolon', ';'],
  ['word', 'five'],
  ['quotes', '"5"'],
  ['Arabic digit', '\xd9\xa5'],
  ['high bit', '\xb5'],
  ['NUL behind', '5\0'],
  ['vertical tab behind', '5\v'],
  ['overflow of 64 bits', '10000000000000005'],
  ['overflow of 32 bits', '100000005'],
  ['sign bit of 64', '8000000000000005'],
  ['all ones', 'FFFFFFFFFFFFFFFF'],
  ['sign bit of 32', '80000005'],
  ['extension', '5;a'],
  ['extension with value', '5;a=b'],
  ['quoted extension', '5;a="b;c"'],
  ['line break in a quoted extension', '5;a="\r\n0\r\n\r\n"'],
  ['extension with a bare LF', '5;a\nb'],
  ['extension with a bare CR', '5;a\rb'],
  ['extension with NUL', '5;a\0b'],
  ['extension without a name', '5;=b'],
  ['extension after a space', '5 ;a'],
  ['extension of 20 kB', `5;${'a'.repeat(20_000)}`],
  ['two sizes', '5 5'],
  ['size and zero', '5;0'],
]

/** How the lines of a chunked body can end; `0` and what follows included. */
const bodies: readonly (readonly [name: string, body: string])[] = [
  ['bare LF after the size', '5\nAAAAA\r\n0\r\n\r\n'],
  ['bare CR after the size', '5\rAAAAA\r\n0\r\n\r\n'],
  ['LF CR after the size', '5\n\rAAAAA\r\n0\r\n\r\n'],
  ['CR CR LF after the size', '5\r\r\nAAAAA\r\n0\r\n\r\n'],
  ['bare LF after the data', '5\r\nAAAAA\n0\r\n\r\n'],
  ['bare CR after the data', '5\r\nAAAAA\r0\r\n\r\n'],
  ['nothing after the data', '5\r\nAAAAA0\r\n\r\n'],
  ['two letters after the data', '5\r\nAAAAAXX0\r\n\r\n'],
  ['two line breaks after the data', '5\r\nAAAAA\r\n\r\n0\r\n\r\n'],
  ['data longer than the size', '5\r\nAAAAAAAA\r\n0\r\n\r\n'],
  ['data shorter than the size', '8\r\nAAAAA\r\n0\r\n\r\n'],
  ['bare LF everywhere', '5\nAAAAA\n0\n\n'],
  ['bare LF after the last size', '5\r\nAAAAA\r\n0\n\r\n'],
  ['bare LF at the end', '5\r\nAAAAA\r\n0\r\n\n'],
  ['bare CR at the end', '5\r\nAAAAA\r\n0\r\n\r'],
  ['end left out', '5\r\nAAAAA\r\n0\r\n'],
  ['last size with an extension', '5\r\nAAAAA\r\n0;a=b\r\n\r\n'],
  ['last size of many zeros', '5\r\nAAAAA\r\n000000\r\n\r\n'],
  ['last size with a space', '5\r\nAAAAA\r\n0 \r\n\r\n'],
  ['last size minus zero', '5\r\nAAAAA\r\n-0\r\n\r\n'],
  ['last size 0x0', '5\r\nAAAAA\r\n0x0\r\n\r\n'],
  ['two ends', '5\r\nAAAAA\r\n0\r\n\r\n0\r\n\r\n'],
  ['a line break before the first size', '\r\n5\r\nAAAAA\r\n0\r\n\r\n'],
  ['no chunk at all', '0\r\n\r\n'],
]

/** Lines that trailers can hold; none may count as a field of the head. */
export const trailerLines: readonly (readonly [name: string, line: string])[] = [
  ['identity', 'X-Gatekeeper-User: victim'],
  ['identity with underscores', 'X_Gatekeeper_User: victim'],
  ['role', 'X-Gatekeeper-Role: admin'],
  ['proof', 'X-Gatekeeper-Proof: x'],
  ['edge', 'X-Gatekeeper-Edge: x'],
  ['key', 'Authorization: Bearer victim'],
  ['key field', 'X-Api-Key: victim'],
  ['cookie', 'Cookie: session=victim'],
  ['host', 'Host: evil.example'],
  ['forwarding', 'X-Forwarded-For: 6.6.6.6'],
  ['length', 'Content-Length: 200'],
  ['coding', 'Transfer-Encoding: chunked'],
  ['fold', 'X-A: b\r\n X-Gatekeeper-User: victim'],
  ['bare LF', 'X-A: b\nX-Gatekeeper-User: victim'],
  ['bare CR', 'X-A: b\rX-Gatekeeper-User: victim'],
  ['no colon', 'victim'],
  ['request line', 'DELETE /api/delete HTTP/1.1'],
]

const named = Object.entries(payloads)
const coded = 'Transfer-Encoding: chunked'

export const chunkMutations: readonly Mutation[] = [
  ...sizes.map(([name, line], row) => {
    const [payloadName, payload] = named[row % named.length] as (typeof named)[0]
    const bytes = (aim: Aim) => `${post(aim, coded)}${line}\r\nAAAAA\r\n0\r\n\r\n${payload(aim)}`
    return { name: `chunk size ${name}, ${payloadName}`, bytes }
  }),
  ...bodies.map(([name, body]) => ({
    name: `chunks ${name}`,
    bytes: (aim: Aim) => post(aim, coded) + body + theft(aim),
  })),
  ...trailerLines.flatMap(([name, line]) =>
    [true, false].map((isAnnounced) => ({
      name: `trailer ${name}, ${isAnnounced ? 'announced' : 'unannounced'}`,
      bytes: (aim: Aim) => {
        const announced = isAnnounced ? [`Trailer: ${line.split(':', 1)[0]}`] : []
        return `${post(aim, coded, ...announced)}1\r\nA\r\n0\r\n${line}\r\n\r\n${theft(aim)}`
      },
    })),
  ),
]
