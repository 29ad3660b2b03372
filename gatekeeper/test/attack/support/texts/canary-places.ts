import { carriers as credentialFields } from '../../../../src/model/credential-fields.ts'
import { carriers } from './carriers.ts'

/** One request as bytes, with the canary somewhere in it. */
export type CanaryRequest = { readonly place: string; readonly bytes: string }

const fieldNames = [
  ...credentialFields.map(({ shown }) => shown),
  ...['Cookie', 'Set-Cookie', 'Host'],
  ...['Proxy-Authorization', 'Referer', 'Origin', 'User-Agent', 'Accept', 'Accept-Language', 'Via'],
  ...['Accept-Encoding', 'Content-Type', 'Content-Encoding', 'Content-Language', 'From', 'Range'],
  ...['If-Match', 'If-None-Match', 'If-Modified-Since', 'Cache-Control', 'Pragma', 'TE', 'Trailer'],
  ...['Connection', 'Upgrade', 'Expect', 'Transfer-Encoding', 'Content-Length', 'Date', 'Warning'],
  ...['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'X-Request-Id', 'X-Gatekeeper-User', 'Priority'],
  ...['X-Gatekeeper-Edge', 'X-Gatekeeper-Request-Id', 'X-Gatekeeper-Uri', 'Sec-WebSocket-Key'],
  ...['Sec-WebSocket-Extensions', 'Sec-Fetch-Site', 'Sec-Fetch-Mode'],
  ...['Access-Control-Request-Method', 'Access-Control-Request-Headers', 'Idempotency-Key'],
  ...[
    'X-Auth-Token',
    'X-Access-Token',
    'X-Unknown',
    'Traceparent',
    'Baggage',
    'OpenAI-Organization',
  ],
]

/** The canary in every place that a request to `path` has. */
export function placesOf(path: string, text: string): CanaryRequest[] {
  const encoded = [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join('')
  return [
    ...inFields(path, text),
    ...inTarget(path, text, encoded),
    ...inBody(path, text),
    ...malformed(path, text),
  ]
}

const head = (line: string, ...fields: string[]) =>
  [
    line,
    ...(fields.some((field) => /^host\b/i.test(field)) ? [] : ['Host: localhost']),
    ...fields,
    'Connection: close',
    '',
    '',
  ].join('\r\n')

function inFields(path: string, text: string): CanaryRequest[] {
  const get = (place: string, ...fields: string[]) => ({
    place,
    bytes: head(`GET ${path} HTTP/1.1`, ...fields),
  })
  return [
    ...fieldNames.map((name) => get(`field ${name}`, `${name}: ${text}`)),
    ...carriers.map(({ name, carry }) => get(`carrier ${name}`, carry(text).join(': '))),
    get('two carriers', `Authorization: Bearer ${text}`, `X-Api-Key: x${text}`),
    get('an unknown scheme', `Authorization: Digest username=${text}`),
    get('a field name', `${text.replace(/[^\w.-]/g, '')}: x`),
    get('a field name of ours', `X-Gatekeeper-${text.replace(/[^\w.-]/g, '')}: x`),
    get('a host name', `Host: ${text}.localhost`),
    get('a port', `Host: localhost:${text}`),
  ]
}

function inTarget(path: string, text: string, encoded: string): CanaryRequest[] {
  const targets = [
    ...[`?key=${text}`, `?${text}=1`, `?${text}`, `?k=Bearer%20${text}`, `?k=${encoded}`],
    ...[
      `/${text}`,
      `/${encoded}`,
      `/x/${text}/y`,
      `;${text}`,
      `#${text}`,
      `%00${text}`,
      `/../${text}`,
    ],
  ].map((rest) => path + rest)
  const whole = [`/${text}`, `/${encoded}`, `/${text}/api/tags`, `//${text}`, `*${text}`, text]
  const absolute = [
    `https://localhost${path}?${text}`,
    `https://${text}@localhost${path}`,
    `http://${text}/`,
  ]
  return [
    ...[...targets, ...whole, ...absolute].map((target) => ({
      place: `target ${target.replaceAll(text, 'CANARY').replaceAll(encoded, 'ENCODED')}`,
      bytes: head(`GET ${target} HTTP/1.1`),
    })),
    { place: 'method', bytes: head(`${text.replace(/[^\w.-]/g, '')} ${path} HTTP/1.1`) },
    { place: 'version', bytes: head(`GET ${path} HTTP/${text}`) },
    { place: 'version behind', bytes: head(`GET ${path} HTTP/1.1 ${text}`) },
  ]
}

function inBody(path: string, text: string): CanaryRequest[] {
  const post = (place: string, type: string, body: string, ...fields: string[]) => ({
    place: `body ${place}`,
    bytes: `${head(`POST ${path} HTTP/1.1`, `Content-Type: ${type}`, `Content-Length: ${body.length}`, ...fields)}${body}`,
  })
  const multipart = [
    '--b',
    'Content-Disposition: form-data; name="key"',
    '',
    text,
    '--b--',
    '',
  ].join('\r\n')
  return [
    post('JSON value', 'application/json', `{"model":"${text}","api_key":"${text}"}`),
    post('JSON name', 'application/json', `{"${text}":1,"${text}":2}`),
    post('broken JSON', 'application/json', `{"key": ${text}`),
    post('form', 'application/x-www-form-urlencoded', `key=${text}`),
    post('multipart', 'multipart/form-data; boundary=b', multipart),
    post('boundary', `multipart/form-data; boundary=${text}`, `--${text}--`),
    post('too short', 'application/json', text, 'Expect: 100-continue'),
    {
      place: 'trailer',
      bytes: `${head(`POST ${path} HTTP/1.1`, 'Transfer-Encoding: chunked', 'Trailer: X-Api-Key', 'Content-Type: application/json')}2\r\n{}\r\n0\r\nX-Api-Key: ${text}\r\n\r\n`,
    },
    {
      place: 'chunk extension',
      bytes: `${head(`POST ${path} HTTP/1.1`, 'Transfer-Encoding: chunked')}2;${text}\r\n{}\r\n0\r\n\r\n`,
    },
    {
      place: 'chunk size',
      bytes: `${head(`POST ${path} HTTP/1.1`, 'Transfer-Encoding: chunked')}${text}\r\n`,
    },
  ]
}

function malformed(path: string, text: string): CanaryRequest[] {
  return [
    { place: 'no request at all', bytes: `${text}\r\n\r\n` },
    { place: 'an invalid line', bytes: head(`GET ${path} HTTP/1.1`, text) },
    {
      place: 'a space before the colon',
      bytes: head(`GET ${path} HTTP/1.1`, `X-Api-Key : ${text}`),
    },
    { place: 'a NUL', bytes: head(`GET ${path} HTTP/1.1`, `X-Api-Key: ${text}\0`) },
    { place: 'a continued line', bytes: head(`GET ${path} HTTP/1.1`, `X-Api-Key: x\r\n ${text}`) },
    { place: 'a bare line feed', bytes: head(`GET ${path} HTTP/1.1`, `X-A: x\n${text}: y`) },
    { place: 'a bad length', bytes: head(`POST ${path} HTTP/1.1`, `Content-Length: ${text}`) },
    {
      place: 'a head that never ends',
      bytes: `GET ${path} HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: ${text}`,
    },
    {
      place: 'a head that is too long',
      bytes: head(`GET ${path} HTTP/1.1`, `X-Api-Key: ${text.repeat(900)}`),
    },
  ]
}
