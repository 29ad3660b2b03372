import {
  type Aim,
  chunked,
  disguise,
  get,
  head,
  type Mutation,
  post,
  theft,
  trap,
} from './mutation.ts'

const injected = 'X-Gatekeeper-User: victim'
const keyless = (line: string, ...fields: string[]) =>
  `${[line, 'Host: localhost', ...fields].join('\r\n')}\r\n\r\n`
const behind = (aim: Aim, ...fields: string[]) =>
  post(aim, ...fields, `Content-Length: ${theft(aim).length}`) + theft(aim)

type Row = readonly [name: string, bytes: Mutation['bytes']]

/** Requests appended to requests without a body, to refused ones, and one after the other. */
const pipelines: readonly Row[] = [
  ['GET with a theft as its body', (aim) => bodyOf(aim, get)],
  ['GET with a chunked theft', (aim) => chunkedBodyOf(aim, get)],
  ['GET, length 0, then a theft', (aim) => get(aim, 'Content-Length: 0') + theft(aim)],
  ['GET, then a trap', (aim) => get(aim) + trap(aim)],
  ['HEAD with a theft as its body', (aim) => bodyOf(aim, method('HEAD'))],
  ['DELETE with a theft as its body', (aim) => bodyOf(aim, method('DELETE'))],
  ['OPTIONS with a theft as its body', (aim) => bodyOf(aim, method('OPTIONS'))],
  ['TRACE with a theft as its body', (aim) => bodyOf(aim, method('TRACE'))],
  ['CONNECT with a theft as its body', (aim) => bodyOf(aim, method('CONNECT'))],
  ['preflight with a theft as its body', (aim) => bodyOf(aim, preflight)],
  ['preflight with a chunked theft', (aim) => chunkedBodyOf(aim, preflight)],
  ['health with a theft as its body', (aim) => bodyOf(aim, own('/health'))],
  ['status with a theft as its body', (aim) => bodyOf(aim, own('/status'))],
  ['unknown path with a theft as its body', (aim) => bodyOf(aim, own('/nothing'))],
  ['unlisted path with a theft as its body', (aim) => bodyOf(aim, own('/v1/nothing'))],
  ['refused key with a theft as its body', (aim) => bodyOf({ ...aim, key: 'gk_no' }, post)],
  ['refused key with a chunked theft', (aim) => chunkedBodyOf({ ...aim, key: 'gk_no' }, post)],
  ['refused key, then a theft', (aim) => post({ ...aim, key: 'gk_no' }) + theft(aim)],
  ['refused key, then a disguise', (aim) => post({ ...aim, key: 'gk_no' }) + disguise(aim)],
  ['refused key, then good', (aim) => post({ ...aim, key: 'gk_no' }) + get(aim)],
  ['no key with an endless body', (aim) => keylessPost(aim, 1_000_000) + theft(aim)],
  ['no key with a theft as its body', (aim) => keylessPost(aim, theft(aim).length) + theft(aim)],
  ['too large a body that is a theft', (aim) => post(aim, 'Content-Length: 99999999') + theft(aim)],
  ['good, then a theft', (aim) => get(aim) + theft(aim)],
  ['good, then a disguise', (aim) => get(aim) + disguise(aim)],
  ['good, then malformed', (aim) => `${get(aim)}GET / \0 HTTP/1.1\r\n\r\n${theft(aim)}`],
  ['malformed, then good', (aim) => `GET / \0 HTTP/1.1\r\n\r\n${get(aim)}`],
  ['theft, then good', (aim) => theft(aim) + get(aim)],
  ['disguise, then good', (aim) => disguise(aim) + get(aim)],
  ['five good, then a theft', (aim) => get(aim).repeat(5) + theft(aim)],
  ['good and thefts by turns', (aim) => (get(aim) + theft(aim)).repeat(4)],
  ['good to close, then a theft', (aim) => get(aim, 'Connection: close') + theft(aim)],
  ['line breaks before a theft', (aim) => `${get(aim)}\r\n\r\n\r\n${theft(aim)}`],
  ['bare LFs before a theft', (aim) => `${get(aim)}\n\n\n${theft(aim)}`],
  ['line breaks at the start', (aim) => `\r\n\r\n${get(aim)}${theft(aim)}`],
  ['zero bytes before a theft', (aim) => `${get(aim)}\0\0\0${theft(aim)}`],
  ['Expect, a theft not waited for', (aim) => behind(aim, 'Expect: 100-continue')],
  ['Expect of nonsense with a theft', (aim) => behind(aim, 'Expect: 200-ok')],
  ['Expect in a list with a theft', (aim) => behind(aim, 'Expect: 100-continue, x')],
  ['Upgrade h2c with a theft', (aim) => upgrade(aim, 'h2c') + theft(aim)],
  ['Upgrade websocket with a theft', (aim) => upgrade(aim, 'websocket') + theft(aim)],
  ['Upgrade TLS with a theft', (aim) => upgrade(aim, 'TLS/1.0') + theft(aim)],
  ['Upgrade websocket of version 777', (aim) => upgrade(aim, 'websocket', '777') + theft(aim)],
  ['HTTP/2 preface', (aim) => `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${theft(aim)}`],
  ['HTTP/2 preface behind a good one', (aim) => `${get(aim)}PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
]

export const pipelineMutations: readonly Mutation[] = pipelines.map(([name, bytes]) => {
  return { name: `glued ${name}`, bytes }
})

/** Heads that two readers could parse differently. */
const heads: readonly Row[] = [
  ['bare LF in all lines', (aim) => get(aim).replaceAll('\r\n', '\n') + theft(aim)],
  ['bare CR in all lines', (aim) => get(aim).replaceAll('\r\n', '\r') + theft(aim)],
  ['bare LF behind the head', (aim) => get(aim).replace(/\r\n$/, '\n') + theft(aim)],
  ['bare CR behind the head', (aim) => get(aim).replace(/\r\n$/, '\r') + theft(aim)],
  ['HTTP/0.9', (aim) => `GET ${aim.prefix}/api/delete\r\n${theft(aim)}`],
  ['two spaces', (aim) => get(aim).replace('GET ', 'GET  ') + theft(aim)],
  ['tabs for spaces', (aim) => get(aim).replace('GET ', 'GET\t') + theft(aim)],
  ['space before the method', (aim) => ` ${get(aim)}${theft(aim)}`],
  ['lower-case version', (aim) => get(aim).replace('HTTP/', 'http/') + theft(aim)],
  ['words behind the version', (aim) => get(aim).replace('HTTP/1.1', 'HTTP/1.1 x') + theft(aim)],
  ['two versions', (aim) => head(`GET ${own9(aim)} HTTP/1.1 HTTP/1.1`, aim) + theft(aim)],
  ['CR in the path', (aim) => head(`GET ${own9(aim)}\r${injected} HTTP/1.1`, aim)],
  ['LF in the path', (aim) => head(`GET ${own9(aim)}\n${injected} HTTP/1.1`, aim)],
  ['encoded line break in the query', (aim) => encoded(aim, '%0d%0a')],
  ['line break encoded twice', (aim) => encoded(aim, '%250d%250a')],
  ['overlong line break', (aim) => encoded(aim, '%e5%98%8d%e5%98%8a')],
  ['raw overlong line break', (aim) => encoded(aim, '\xe5\x98\x8d\xe5\x98\x8a')],
  ['encoded line break in the path', (aim) => pathBreak(aim, '%0d%0a')],
  ['encoded NUL in the path', (aim) => pathBreak(aim, '%00')],
  ['encoded space and version', (aim) => pathBreak(aim, '%20HTTP/1.1%0d%0aX-Smuggled:%20yes')],
  ['CR in a value', (aim) => get(aim, `X-A: b\r${injected}`)],
  ['LF in a value', (aim) => get(aim, `X-A: b\n${injected}`)],
  ['NUL in a value', (aim) => get(aim, `X-A: b\0${injected}`)],
  ['CR CR LF in a value', (aim) => get(aim, `X-A: b\r\r\n${injected}`)],
  ['LF LF in a value', (aim) => get(aim, 'X-A: b\n\n') + theft(aim)],
  ['CR LF LF in a value', (aim) => get(aim, 'X-A: b\r\n\n') + theft(aim)],
  ['fold of the identity', (aim) => get(aim, 'X-A: b', ` ${injected}`)],
  ['fold in the first field', (aim) => get(aim).replace('Host', ' Host')],
  ['no name', (aim) => get(aim, ': victim') + theft(aim)],
  ['no colon', (aim) => get(aim, 'victim') + theft(aim)],
  ['space in a name', (aim) => get(aim, 'X-Gatekeeper User: victim')],
  ['space behind a name', (aim) => get(aim, 'X-Gatekeeper-User : victim')],
  ['tab behind a name', (aim) => get(aim, 'X-Gatekeeper-User\t: victim')],
  ['NUL behind a name', (aim) => get(aim, 'X-Gatekeeper-User\0: victim')],
  ['no-break space before a name', (aim) => get(aim, `\xa0${injected}`)],
  ['soft hyphen in a name', (aim) => get(aim, 'X\xadGatekeeper-User: victim')],
  ['identity without a value', (aim) => get(aim, 'X-Gatekeeper-User:')],
  ['identity a hundred times', (aim) => get(aim, ...Array(100).fill(injected))],
  ['identity named by Connection', (aim) => get(aim, injected, 'Connection: X-Gatekeeper-User')],
  ['statements named by Connection', (aim) => get(aim, `Connection: ${statements}`)],
  ['statements of the attacker', (aim) => get(aim, 'X-Gatekeeper-Uri: /api/delete', injected)],
  ['underscores', (aim) => get(aim, 'X_Gatekeeper_User: victim', 'X_GATEKEEPER_ROLE: admin')],
  ['dots', (aim) => get(aim, 'X.Gatekeeper.User: victim', 'X-Gatekeeper.User: victim')],
  ['mixed separators', (aim) => get(aim, 'X_Gatekeeper-User: victim', 'X-Gatekeeper_User: victim')],
]

export const lineMutations: readonly Mutation[] = heads.map(([name, bytes]) => {
  return { name: `head ${name}`, bytes }
})

type Head = (aim: Aim, ...fields: string[]) => string

const statements = 'X-Gatekeeper-Edge, X-Gatekeeper-Method, X-Gatekeeper-Uri, X-Gatekeeper-Host'

const own9 = (aim: Aim) => `${aim.prefix}/v1/models/mine?${aim.mark}`
const encoded = (aim: Aim, lineBreak: string) =>
  head(`GET ${own9(aim)}&a=b${lineBreak}X-Gatekeeper-User:victim HTTP/1.1`, aim)
const pathBreak = (aim: Aim, lineBreak: string) =>
  head(`GET ${aim.prefix}/v1/models/mine${lineBreak}X:y?${aim.mark} HTTP/1.1`, aim)

function bodyOf(aim: Aim, build: Head): string {
  return build(aim, `Content-Length: ${theft(aim).length}`) + theft(aim)
}

function chunkedBodyOf(aim: Aim, build: Head): string {
  return build(aim, 'Transfer-Encoding: chunked') + chunked(theft(aim))
}

function method(name: string): Head {
  return (aim, ...fields) => head(`${name} ${own9(aim)} HTTP/1.1`, aim, ...fields)
}

function own(path: string): Head {
  return (aim, ...fields) => head(`POST ${path}?${aim.mark} HTTP/1.1`, aim, ...fields)
}

function preflight(aim: Aim, ...fields: string[]): string {
  const asking = ['Origin: https://evil.example', 'Access-Control-Request-Method: POST']
  return head(`OPTIONS ${own9(aim)} HTTP/1.1`, aim, ...asking, ...fields)
}

function upgrade(aim: Aim, protocol: string, version = '13'): string {
  const fields = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`]
  const socket = [
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Version: ${version}`,
  ]
  return get(aim, ...fields, ...socket, 'HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA')
}

function keylessPost(aim: Aim, length: number): string {
  const line = `POST ${aim.prefix}/v1/audio/transcriptions?${aim.mark} HTTP/1.1`
  return keyless(line, `Content-Length: ${length}`)
}
