import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adaptCaddyfile, isRefusal } from '../../scripts/caddy/adapt-caddyfile.ts'
import {
  memberAt,
  textsOf,
  type Visit,
  visitHandlers,
} from '../../scripts/caddy/examine/adapted.ts'
import { type Caddyfile, roleOf } from '../../scripts/caddy/examine/caddyfile.ts'
import {
  cleanedNames,
  credentialNames,
  identityNames,
  statement,
} from '../../scripts/caddy/examine/field-names.ts'
import { examineCaddyfile } from '../../scripts/caddy/examine-caddyfile.ts'
import { identityFields } from '../src/admission/identity.ts'
import { loadGateway } from '../src/config/load-gateway.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { upstreamFields } from '../src/upstreams/request-fields.ts'
import { shippedGateway, twoPointGateway } from './support/gateway-file.ts'
import { testCaddy } from './support/stack.ts'

const root = resolve(import.meta.dirname, '../..')
const shipped = readFileSync(join(root, 'caddy/Caddyfile'), 'utf8')
/** A whole Caddyfile from before blocks were generated, with all of them by hand. */
const earlier = readFileSync(
  join(import.meta.dirname, 'support/caddyfiles/before-generated-blocks.Caddyfile'),
  'utf8',
)
const ownPlace = '\t# ---- blocks of your own stand here'
const ofHand = earlier.slice(
  earlier.indexOf('\t# ---- relayed'),
  earlier.indexOf('\t# ---- the domain chat'),
)
/** The shipped one, with hand-written blocks beside the generated ones. */
const withBlocks = shipped.replace(ownPlace, `${ofHand}${ownPlace}`)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-caddyfile-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The Caddyfile with one edit, as Caddy understands it; `yaml` edits gatekeeper.yaml. */
async function read(edit: Edit = {}, base = shipped): Promise<Caddyfile> {
  const path = join(folder, 'Caddyfile')
  const text = edit.caddyfile?.(base) ?? base
  if (edit.caddyfile) expect(text).not.toBe(base)
  writeFileSync(path, text)
  // The hand-written blocks are from a time when `/chat` was checked, like the gatekeeper.yaml next
  // to them.
  const yaml = base === shipped ? shippedGateway : twoPointGateway
  writeFileSync(join(folder, 'gatekeeper.yaml'), edit.yaml?.(yaml) ?? yaml)
  const env = { LITELLM_URL: 'http://127.0.0.1:4000', PATH: process.env['PATH'], ...edit.env }
  const readFile = (name: string) => readFileSync(name, 'utf8')
  const { settings } = readSettings({ env, folder, platform: 'linux', readFile })
  const { services, problems } = loadGateway(settings, readFile)
  expect(problems).toEqual([])
  const result = await adaptCaddyfile(path, { caddy: testCaddy ?? '', settings, services, env })
  if (isRefusal(result)) throw new Error(`Caddy refuses it: ${result.what}`)
  return result
}

const onPlatform = {
  GATEKEEPER_TLS: 'platform',
  PORT: '10000',
  GATEKEEPER_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32',
}

type Edit = {
  readonly caddyfile?: (text: string) => string
  readonly yaml?: (text: string) => string
  readonly env?: Readonly<Record<string, string>>
}

/** The kind of a handler in the order below. */
function describeStep(visit: Pick<Visit, 'handler'>, caddyfile: Caddyfile): string {
  const { handler } = visit
  const role = roleOf(handler, caddyfile)
  if (role !== 'harmless') return role
  const removed = textsOf(memberAt(handler, 'request', 'delete'))
  return removed.length > 0 ? `-${removed.join(' -')}` : String(handler['handler'])
}

describe.skipIf(testCaddy === null)('the Caddyfile that we ship', () => {
  it('is valid, and has nothing that our examination finds', async () => {
    expect(examineCaddyfile(await read())).toEqual([])
  })

  it('may have hand-written blocks next to the generated ones', async () => {
    expect(examineCaddyfile(await read({}, withBlocks))).toEqual([])
  })

  it('of an earlier version still works: cookies and the console are the only findings', async () => {
    const found = examineCaddyfile(await read({}, earlier))
    expect(found.map(({ level }) => level)).not.toContain('error')
    const known = /may set cookies in the gatekeeper's name|the console has no site/
    expect(found.filter(({ what }) => !known.test(what))).toEqual([])
  })

  it('an earlier Caddyfile that checks /chat next to a gatekeeper.yaml that relays it is reported', async () => {
    const relayChat = (text: string) => text.replace(', mode: check }', ' }')
    const found = examineCaddyfile(await read({ yaml: relayChat }, withBlocks))
    expect(found).toMatchObject([{ level: 'error', what: expect.stringContaining('/chat') }])
  })

  it('has this order: remove client statements, check, proxy, 404 at the end', async () => {
    const caddyfile = await read()
    const cleaned = cleanedNames.map((name) => `-${name}`)
    const ways = visitHandlers(caddyfile.adapted)
      .filter(({ place }) => place === 'routes')
      .filter(({ handler }) => ['service', 'relay'].includes(roleOf(handler, caddyfile)))
      .map((visit) => ({
        paths: visit.matches.flat().flatMap(({ path }) => textsOf(path)),
        steps: [...visit.steps, visit].map((step) => describeStep(step, caddyfile)),
      }))
    // The handlers of every answer: Strict-Transport-Security, no Server; and no log line.
    const ofSite = ['vars', 'headers', 'headers']
    const relayed = caddyfile.services
      .flatMap(({ routes }) => routes.filter(({ mode }) => mode === 'relay'))
      .flatMap(({ prefix }) => [prefix, `${prefix}/*`])
    const own = ['/health', '/status', '/oauth/*', '/.well-known/*']
    const checked = caddyfile.services
      .flatMap(({ routes }) => routes.filter(({ mode }) => mode === 'check'))
      .map(({ prefix }) => `${prefix}/*`)
    expect(ways[0]).toEqual({
      paths: expect.arrayContaining([...relayed, ...own]),
      steps: [...ofSite, ...cleaned, 'relay'],
    })
    const asked = (path: string) => [
      ...ofSite,
      // `browser: basic`: a person who opens a page gets an error page when the service is dead.
      ...(path === '/image/*' ? ['vars'] : []),
      'rewrite',
      ...cleaned,
      'gate',
      'vars',
      'log_append',
      'headers',
      'service',
    ]
    expect(ways.slice(1, -1)).toHaveLength(checked.length + 1)
    for (const way of ways.slice(1, -1)) {
      expect(way).toEqual({ paths: [expect.stringContaining('/*')], steps: expect.any(Array) })
      expect(checked).toContain(way.paths[0])
      // A service with WebSockets has a second proxy, without a limit of silence.
      expect(
        way.steps.filter((step, at) => step !== 'service' || at + 1 === way.steps.length),
      ).toEqual(asked(String(way.paths[0])))
    }
    // Paths of unknown levels, which belong to no service: the gatekeeper refuses them.
    expect(ways.at(-1)).toEqual({ paths: [], steps: [...ofSite, ...cleaned, 'relay'] })
    const last = visitHandlers(caddyfile.adapted).filter(
      ({ handler, place }) => place === 'routes' && handler['handler'] === 'static_response',
    )
    expect(last.map(({ handler }) => handler['status_code'])).toEqual([
      ...[400, 400, 400, 308, 400],
      // A name that is not ours, on each of the two ports.
      ...[404, 421, 421],
    ])
  })
})

describe('the fields in the Caddyfile and in the code are one list:', () => {
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort()

  it('fields about the caller for a service', () => {
    const principal = { user: 'ada', id: 'key:a', role: 'readwrite' }
    const admission = { principal, facts: { service: { name: 'tts' }, requestId: 'r' } }
    const made = identityFields(admission as unknown as Parameters<typeof identityFields>[0])
    expect(lower(identityNames)).toEqual(Object.keys(made).sort())
  })

  it('fields about a request for the gatekeeper', () => {
    const source = readFileSync(join(root, 'gatekeeper/src/http/request-head.ts'), 'utf8')
    const read = [...source.matchAll(/stated\('([a-z-]+)'\)/g)].map(([, name]) => name as string)
    expect(lower(Object.keys(statement))).toEqual(lower(read.map((name) => `x-gatekeeper-${name}`)))
  })

  it('fields of a client that no service receives, at either point', () => {
    const samples = [...cleanedNames, ...credentialNames].map((name) =>
      name
        .replace(/^\*_\*$/, 'a_b')
        .replace(/^\*\.\*$/, 'a.b')
        .replaceAll('*', 'x')
        .toLowerCase(),
    )
    // `Proxy` (httpoxy) only affects CGI servers, which only a check route can have behind it.
    const client = Object.fromEntries(samples.map((name) => [name, ['x']]))
    expect(Object.keys(upstreamFields(client, {}))).toEqual(['proxy'])
  })
})

const replace =
  (from: string | RegExp, to: string | ((...parts: string[]) => string)) => (text: string) =>
    text.replace(from, to as string)
const without = (what: string | RegExp) => replace(what, '')
/** With lines of the global `servers` about proxies in front. */
const trusting = (...lines: readonly string[]) =>
  replace('\tservers {', ['\tservers {', ...lines].join('\n '))

/** Without the generated blocks, which would replace the missing ones. */
const ungenerated = without('\t\timport services\n')

const webui =
  '  webui: {kind: http, upstream: {url: "http://127.0.0.1:3000"}, webSockets: [/ws/socket.io], routes: [{host: webui.localhost, prefix: /, browser: basic}, {host: webui.localhost, prefix: /tts, credentialField: X-API-Key}]}'

type Attack = Edit & { readonly name: string; readonly found: RegExp }

const attacks: readonly Attack[] = [
  {
    name: 'the proof is not asked for',
    caddyfile: replace('status 200\n\t\t\timport proof', 'status 200'),
    found: /is accepted as a yes/,
  },
  {
    name: 'a yes without an identity is enough',
    caddyfile: without('\t\t\theader X-Gatekeeper-User *\n'),
    found: /is accepted as a yes/,
  },
  {
    name: 'any 2xx is a yes',
    caddyfile: replace('@allow {\n\t\t\tstatus 200', '@allow {\n\t\t\tstatus 2xx'),
    found: /is accepted as a yes/,
  },
  {
    name: 'the plain forward_auth stands in for the gate',
    caddyfile: replace(
      'import gate tts',
      'import cleaned\n\t\t\tforward_auth "{$GATEKEEPER_CHECK:x}" {\n uri /check/tts?\n copy_headers X-Gatekeeper-User\n}',
    ),
    found: /is accepted as a yes/,
  },
  {
    name: 'a redirect is handed on',
    caddyfile: replace('@odd status 1xx 2xx 3xx', '@odd status 1xx'),
    found: /a success or redirect/,
  },
  {
    name: 'the identity is not copied',
    caddyfile: without(/\t+request_header X-Gatekeeper-Role .*\n/),
    found: /not copied to the request: X-Gatekeeper-Role/,
  },
  {
    name: 'a block has no gate',
    caddyfile: replace('import gate tts', 'import cleaned'),
    found: /127\.0\.0\.1:8880 is reached without a check/,
  },
  {
    name: 'a block asks only sometimes',
    caddyfile: replace('import gate tts', '@post method POST\nhandle @post {\nimport gate tts\n}'),
    found: /8880 has its check only under a condition/,
  },
  {
    name: 'a proxy stands before the check',
    caddyfile: replace('import gate tts', 'reverse_proxy /fast 127.0.0.1:8881\nimport gate tts'),
    found: /127\.0\.0\.1:8881 is reached without a check/,
  },
  {
    name: 'a proxy for refused requests',
    caddyfile: replace(
      '\t\t\tcopy_response\n\t\t}\n\t}\n\t# After this',
      'reverse_proxy 127.0.0.1:8881\n\t\t}\n\t}\n\t# After this',
    ),
    found: /127\.0\.0\.1:8881 is reached without a check/,
  },
  {
    name: 'the last block is a proxy',
    caddyfile: replace(
      /\t\thandle \{\n\t\t\timport missing\n\t\t\}/,
      '\t\thandle {\n reverse_proxy 127.0.0.1:3000\n}',
    ),
    found: /127\.0\.0\.1:3000 is reached without a check/,
  },
  {
    name: 'files are served beside',
    caddyfile: replace(
      '\t# ---- everything else',
      'handle_path /files/* {\n root * /srv\n file_server\n}\n#',
    ),
    found: /`file_server` is reached without a check/,
  },
  {
    name: 'a site of its own without a check',
    caddyfile: (text) => `${text}\nchat.lan {\n tls internal\n reverse_proxy 127.0.0.1:3000\n}\n`,
    found: /127\.0\.0\.1:3000 is reached without a check/,
  },
  {
    name: 'nothing is removed before the check',
    caddyfile: replace('(gate) {\n\timport cleaned', '(gate) {'),
    found: /a client may state \*Gatekeeper\*/,
  },
  {
    name: 'the removal stands after the check',
    caddyfile: (text) =>
      text
        .replace('(gate) {\n\timport cleaned', '(gate) {')
        .replace('\t@cors header', '\timport cleaned\n\t@cors header'),
    found: /identity is changed between the check and the proxy/,
  },
  {
    name: 'one spelling of ours is not removed',
    caddyfile: without('\trequest_header -*_*\n'),
    found: /a client may state \*_\*/,
  },
  {
    name: 'the removal has a condition',
    caddyfile: replace(
      'request_header -*Gatekeeper*',
      '@h header X-A *\n request_header @h -*Gatekeeper*',
    ),
    found: /a client may state \*Gatekeeper\*/,
  },
  {
    name: 'the identity is set by hand after the check',
    caddyfile: replace(
      'import gate tts',
      'import gate tts\nrequest_header X-Gatekeeper-Role admin',
    ),
    found: /identity is changed between the check and the proxy to 127\.0\.0\.1:8880/,
  },
  {
    name: 'the path is rewritten after the check',
    caddyfile: replace('import gate ollama', 'import gate ollama\nrewrite * /api/pull'),
    found: /the path is rewritten on the way to the proxy to 127\.0\.0\.1:11434/,
  },
  {
    name: 'the method is changed after the check',
    caddyfile: replace('import gate tts', 'import gate tts\nmethod DELETE'),
    found: /the method is changed/,
  },
  {
    name: 'a block keeps the key on the request',
    caddyfile: without('\theader_up -X-Api-Key\n'),
    found: /gets the caller's key \(X-Api-Key\)/,
  },
  {
    name: 'a block does not import (admitted)',
    caddyfile: replace(/(:8880\}) \{\n\s+import admitted\n\s+\}/, '$1'),
    found: /a client can delete X-Gatekeeper-User, .* 127\.0\.0\.1:8880/,
  },
  {
    name: 'a header_up of the identity is missing',
    caddyfile: without(/\theader_up X-Gatekeeper-User .*\n/),
    found: /a client can delete X-Gatekeeper-User on the way/,
  },
  {
    name: 'a second value of the identity is added on the last step',
    caddyfile: replace('import admitted', 'import admitted\nheader_up +X-Gatekeeper-Role admin'),
    found: /is told X-Gatekeeper-Role by somebody else/,
  },
  {
    name: 'a named route leads past the check',
    caddyfile: (text) =>
      text
        .replace('{$GATEKEEPER_SITE:localhost} {', '&(app) {\n reverse_proxy 127.0.0.1:3000\n}\n$&')
        .replace('\t# ---- relayed', '\tinvoke /app/* app\n\t# ---- relayed'),
    found:
      /127\.0\.0\.1:3000 is reached without a check[\s\S]*`invoke` is reached|`invoke` is reached/,
  },
  {
    name: 'a service may speak as the gatekeeper in its answer',
    caddyfile: replace(
      '\theader_down -*Gatekeeper*\n\theader_down -Alt-Svc',
      '\theader_down -Alt-Svc',
    ),
    found: /may answer with fields that only the gatekeeper may set/,
  },
  {
    name: 'the target is stated after the prefix went',
    caddyfile: replace('{http.request.orig_uri}', '{uri}'),
    found: /does not set X-Gatekeeper-Uri/,
  },
  {
    name: 'the client may state its own address',
    caddyfile: replace('{client_ip}', '{http.request.header.X-Forwarded-For}'),
    found: /does not set X-Gatekeeper-Client-Address/,
  },
  {
    name: 'the edge is not sent',
    caddyfile: replace('(statement) {\n\timport edge', '(statement) {'),
    found: /\(relay\) does not set X-Gatekeeper-Edge/,
  },
  {
    name: 'the question takes the query of the client along',
    caddyfile: replace('/check/{args[0]}?', '/check/{args[0]}'),
    found: /the question is not/,
  },
  {
    name: 'the question has the method of the client',
    caddyfile: without('\t\tmethod GET\n'),
    found: /the question is not/,
  },
  {
    name: 'an upgrade goes along with the question',
    caddyfile: without('\t\theader_up -Upgrade\n'),
    found: /the question carries Upgrade/,
  },
  {
    name: 'checks use connections again',
    caddyfile: replace(/\t+keepalive off\n(\t+dial_timeout)/, '$1'),
    found: /connections of checks are kept/,
  },
  {
    name: 'a check without a time limit',
    caddyfile: without('\t\t\tresponse_header_timeout 1500ms\n'),
    found: /hang for ever/,
  },
  {
    name: 'errors are handled by a proxy',
    caddyfile: replace('handle_errors {', 'handle_errors {\n\t\treverse_proxy 127.0.0.1:11434'),
    found: /stands where errors are handled/,
  },
  {
    name: 'an unmatched host gets 200',
    caddyfile: replace(/\n\{\$GATEKEEPER_STRANGERS:https:\/\/\} \{[\s\S]*?\n\}\n/, '\n'),
    found: /a name that is not served here gets 200 on 127\.0\.0\.1:8443/,
  },
  {
    name: 'an unmatched path gets 200',
    caddyfile: without(/\t\thandle \{\n\t\t\timport missing\n\t\t\}/),
    found: /does not end with 404 at localhost/,
  },
  {
    name: 'a service has a host of its own, and the site for it is not imported',
    caddyfile: without('\nimport hosts\n'),
    yaml: (text) => `${text}\n${webui}\n`,
    found: /webui\.localhost\/ of the service webui has no block/,
  },
  {
    name: 'everybody is a trusted proxy',
    caddyfile: trusting('trusted_proxies static 0.0.0.0/0', 'trusted_proxies_strict'),
    found: /0\.0\.0\.0\/0 may name the client address/,
  },
  {
    name: 'the whole local network is a trusted proxy',
    caddyfile: trusting('trusted_proxies static private_ranges', 'trusted_proxies_strict'),
    found: /every machine of a private network/,
  },
  {
    name: 'the client adds to the list of a trusted proxy',
    caddyfile: trusting('trusted_proxies static 10.1.2.3'),
    found: /without trusted_proxies_strict/,
  },
  {
    name: 'plain HTTP of a platform is not refused',
    caddyfile: without('\t{$GATEKEEPER_PLATFORM}\n'),
    env: onPlatform,
    found: /came to the platform over plain HTTP is not refused/,
  },
  {
    name: 'plain HTTP of a platform is refused under another condition',
    caddyfile: replace('header_regexp X-Forwarded-Proto', 'header_regexp X-Scheme'),
    env: onPlatform,
    found: /came to the platform over plain HTTP is not refused/,
  },
  {
    name: 'the proxies of a platform are not trusted',
    caddyfile: without('\t\t{$GATEKEEPER_PROXIES}\n'),
    env: onPlatform,
    found: /the platform’s proxy counts as that of every client/,
  },
  {
    name: 'an unmatched path gets 200 on a platform',
    caddyfile: without(/\t\thandle \{\n\t\t\timport missing\n\t\t\}/),
    env: onPlatform,
    found: /does not end with 404 at any name/,
  },
  {
    name: 'the admin endpoint is on',
    caddyfile: without('\tadmin off\n'),
    found: /the admin endpoint is on/,
  },
  {
    name: 'the configuration is saved',
    caddyfile: without('persist_config off'),
    found: /Caddy saves a copy/,
  },
  {
    name: 'the log has the fields of requests',
    caddyfile: without('request>headers delete'),
    found: /the log `default` writes/,
  },
  {
    name: 'a site has an access log of its own',
    caddyfile: replace('\t# ---- relayed', '\tlog {\n output stderr\n }\n\t# ---- relayed'),
    found: /the log `log0` writes/,
  },
  {
    name: 'Caddy listens on all addresses although the settings say loopback',
    caddyfile: replace('default_bind {$GATEKEEPER_BIND:127.0.0.1}', 'default_bind 0.0.0.0'),
    found: /listens on 0\.0\.0\.0:8443, which is not the address of GATEKEEPER_BIND/,
  },
  {
    name: 'plain HTTP leads in as well',
    caddyfile: (text) =>
      `${text}\nhttp://box.lan {\n handle_path /tts/* {\n route {\n import gate tts\n reverse_proxy 127.0.0.1:8880 {\n import admitted\n}\n}\n}\n handle {\n respond 404\n}\n}\n`,
    found: /keys would travel in clear/,
  },
  {
    name: 'a service has no block',
    yaml: (text) => `${text}\n  sd: {kind: http, routes: [{prefix: /sd, strip: true}]}\n`,
    found: /\/sd of the service sd has no block/,
  },
  {
    name: 'a block has no service',
    yaml: without(/\n {2}whisper:[\s\S]*?(?=\n {2}\w)/),
    found: /asks for the service "whisper", which gatekeeper\.yaml does not have/,
  },
  {
    name: 'a relayed path has no service',
    caddyfile: replace('@relay path /api', '@relay path /old /old/* /api'),
    found: /\/old is relayed, but no service/,
  },
  {
    name: 'a block asks for a service of another prefix',
    caddyfile: replace('import gate tts', 'import gate image'),
    found: /\/tts asks for another service than tts/,
  },
  {
    name: 'the two files disagree about the mode',
    caddyfile: (text) => ungenerated(text).replace(' /litellm /litellm/*', ''),
    found: /\/litellm of the service litellm has no block/,
  },
  {
    name: 'the domain chat is not relayed',
    caddyfile: (text) => ungenerated(text).replace(' /authorized/*', ''),
    found: /\/authorized of the service domain-chat has no block/,
  },
  {
    name: 'the two files disagree about the prefix',
    caddyfile: replace('handle_path /tts/*', 'handle /tts/*'),
    found: /\/tts is not removed before tts sees the path/,
  },
]

const attacksOnGenerated: readonly Attack[] = [
  {
    name: 'the generated blocks are not imported',
    caddyfile: without('\t\timport services\n'),
    found:
      /\/tts of the service tts has no block[\s\S]*\/api of the service ollama has no block|\/api of the service ollama has no block/,
  },
  {
    name: 'a block of your own for the same prefix has no check',
    caddyfile: replace(
      ownPlace,
      `\thandle_path /tts/* {\n reverse_proxy 127.0.0.1:8880\n}\n${ownPlace}`,
    ),
    found: /127\.0\.0\.1:8880 is reached without a check/,
  },
  {
    name: 'a block of your own for the same prefix asks for another service',
    caddyfile: replace(
      ownPlace,
      `\thandle_path /tts/* {\n route {\n import gate image\n reverse_proxy 127.0.0.1:8880 {\n import admitted\n}\n}\n}\n${ownPlace}`,
    ),
    found: /\/tts asks for another service than tts/,
  },
  {
    name: 'services get our cookies',
    caddyfile: without(/\theader_up Cookie .*__host-gk.*\n/),
    found: /gets the gatekeeper's cookies/,
  },
  {
    name: 'services set our cookies',
    caddyfile: without(/\theader_down Set-Cookie .*__host-gk.*\n/),
    found: /may set cookies in the gatekeeper's name/,
  },
  {
    name: 'the path is rewritten to another than the address has',
    yaml: replace('http://127.0.0.1:8880', 'http://127.0.0.1:8880/base'),
    caddyfile: replace(
      '\tlog_append ended yes',
      '\turi path_regexp ^/ /other/\n\tlog_append ended yes',
    ),
    found: /the path is rewritten/,
  },
  {
    name: 'the log of ends has the targets of requests',
    caddyfile: replace(
      '\timport outcomes',
      '\tlog mine {\n output stdout\n format filter {\n wrap json\n resp_headers delete\n}\n}',
    ),
    found: /the log `mine` writes/,
  },
]

const consoleSocket = 'reverse_proxy "{$GATEKEEPER_CONSOLE_SOCKET}"'
const inConsole = (lines: string) =>
  replace(/\(console_site\) \{\n.*\n/, (head: string) => `${head}${lines}\n`)

const attacksOnConsole: readonly Attack[] = [
  {
    name: 'a path of the services leads to the console',
    caddyfile: replace(ownPlace, `\thandle /console/* {\n ${consoleSocket}\n}\n${ownPlace}`),
    found: /the console is reached at another site than console\.localhost/,
  },
  {
    name: 'a second proxy shares the console with a service',
    caddyfile: replace(
      ownPlace,
      `\thandle /x/* {\n ${consoleSocket.slice(0, -1)}" 127.0.0.1:8880\n}\n${ownPlace}`,
    ),
    found: /the console is reached at another site than console\.localhost/,
  },
  {
    name: 'another name leads to the console as well',
    caddyfile: (text) =>
      `${text}\nhttps://other.lan:8444 {\n bind 127.0.0.1\n tls internal\n ${consoleSocket}\n}\n`,
    found: /the console is reached at another site than console\.localhost/,
  },
  {
    name: 'every name leads to the console',
    caddyfile: replace(
      /(\(console_stranger\)[\s\S]*?)\trespond .*\n/,
      (_: string, head: string) => `${head}\t${consoleSocket}\n`,
    ),
    found: /the console is reached at another site than console\.localhost/,
  },
  {
    name: 'a service stands under the console',
    caddyfile: inConsole('reverse_proxy /tts/* 127.0.0.1:8880'),
    found: /127\.0\.0\.1:8880 stands on the console's port/,
  },
  {
    name: 'a checked service stands under the console',
    caddyfile: inConsole(
      'handle /tts/* {\n route {\n import gate tts\n reverse_proxy 127.0.0.1:8880\n}\n}',
    ),
    found: /127\.0\.0\.1:8880 stands on the console's port/,
  },
  {
    name: 'another name on the console’s port has a service',
    caddyfile: (text) =>
      `${text}\nhttps://other.lan:8444 {\n bind 127.0.0.1\n tls internal\n reverse_proxy 127.0.0.1:3000\n}\n`,
    found: /127\.0\.0\.1:3000 stands on the console's port/,
  },
  {
    name: 'the console is not told the secret of its own',
    caddyfile: without('\t\t\timport console_edge\n'),
    found: /the console's proxy does not set X-Gatekeeper-Edge/,
  },
  {
    name: 'the console is told the secret of the gatekeeper',
    caddyfile: replace('import console_edge', 'import edge'),
    found: /the console's proxy does not set X-Gatekeeper-Edge/,
  },
  {
    name: 'a client may state its address to the console',
    caddyfile: without('\t\t\theader_up X-Gatekeeper-Client-Address {client_ip}\n'),
    found: /the console's proxy does not set X-Gatekeeper-Client-Address/,
  },
  {
    name: 'fields of clients are not removed before the console',
    caddyfile: replace(/(page_step_up \{.*\n\t\t\}\n)\t\timport cleaned\n/, '$1'),
    found: /a client may state \*Gatekeeper\* on its way to the console/,
  },
  {
    name: 'a strange name gets 200 on the console’s port',
    caddyfile: without(/\trespond `.*GATEKEEPER_CONSOLE_SITE.*\n/),
    found: /a name that is not served here gets 200 on 127\.0\.0\.1:8444/,
  },
  {
    name: 'errors of the console are handled by a proxy',
    caddyfile: replace(
      '\t\t@request expression',
      '\t\treverse_proxy 127.0.0.1:3000\n\t\t@request expression',
    ),
    found: /stands where errors are handled/,
  },
  {
    name: 'the console’s site is not imported',
    caddyfile: without('\nimport console\n'),
    found: /the console has no site/,
  },
]

describe.skipIf(testCaddy === null)('an edited site of the console is reported when', () => {
  it.each(attacksOnConsole)('$name', async (attack) => {
    const found = examineCaddyfile(await read(attack))
    expect(found.map(({ what }) => what).join('\n')).toMatch(attack.found)
  })
})

describe.skipIf(testCaddy === null)('the console’s site', () => {
  const serversOf = (caddyfile: Caddyfile) =>
    Object.values(memberAt(caddyfile.adapted, 'apps', 'http', 'servers') as object)
  const consoleServers = (caddyfile: Caddyfile, listen: string) =>
    serversOf(caddyfile).filter((server) => textsOf(server['listen']).includes(listen))

  /** The first policy that covers a name counts; one without issuers asks a public authority. */
  const issuersOf = (caddyfile: Caddyfile, name: string) => {
    const policies = memberAt(caddyfile.adapted, 'apps', 'tls', 'automation', 'policies')
    const [policy] = (policies as { subjects?: string[]; issuers?: object }[]).filter(
      ({ subjects }) => subjects === undefined || subjects.includes(name),
    )
    return policy?.issuers === undefined ? 'public' : 'internal'
  }

  it('is a server of its own, and has no proxy but that to the admin process', async () => {
    const caddyfile = await read()
    const [server, ...others] = consoleServers(caddyfile, '127.0.0.1:8444')
    expect(others).toEqual([])
    expect(server['listen']).toEqual(['127.0.0.1:8444'])
    const dials = [...JSON.stringify(server).matchAll(/"dial":"([^"]*)"/g)].map(([, dial]) => dial)
    expect(dials).toEqual([expect.stringMatching(/^unix\/.*\/run\/front\/console\.sock$/)])
  })

  it('has its own name, port and bind, and a public certificate for a public name', async () => {
    const env = {
      GATEKEEPER_CONSOLE_SITE: 'console.example.com',
      GATEKEEPER_CONSOLE_PORT: '9444',
      GATEKEEPER_CONSOLE_BIND: '::1',
    }
    const caddyfile = await read({ env })
    expect(examineCaddyfile(caddyfile)).toEqual([])
    expect(consoleServers(caddyfile, '[::1]:9444')).toHaveLength(1)
    expect(issuersOf(caddyfile, 'console.example.com')).toBe('public')
    expect(issuersOf(caddyfile, 'localhost')).toBe('internal')
    expect(JSON.stringify(caddyfile.adapted)).toContain(
      '"match":[{"host":["console.example.com"]}]',
    )
  })

  it.each([
    ['no name at all', { GATEKEEPER_CONSOLE_SITE: '10.0.0.7' }, '10.0.0.7'],
    ['an IPv6 address', { GATEKEEPER_CONSOLE_SITE: '::1' }, '::1'],
  ])('may have %s', async (_, env, host) => {
    const caddyfile = await read({ env })
    expect(examineCaddyfile(caddyfile)).toEqual([])
    expect(JSON.stringify(caddyfile.adapted)).toContain(`{"host":["${host}"]}`)
  })

  it('of our own authority changes nothing about the public certificates of services', async () => {
    const env = { GATEKEEPER_SITE: 'ai.example.com' }
    const caddyfile = await read({ env, yaml: (text) => `${text}\n${webui}\n` })
    expect(issuersOf(caddyfile, 'ai.example.com')).toBe('public')
    expect(issuersOf(caddyfile, 'console.localhost')).toBe('internal')
    expect(issuersOf(caddyfile, 'webui.localhost')).toBe('internal')
  })

  it('is absent without a console: nothing listens on its port', async () => {
    const caddyfile = await read({ env: { GATEKEEPER_CONSOLE: 'off' } })
    expect(examineCaddyfile(caddyfile)).toEqual([])
    expect(JSON.stringify(caddyfile.adapted)).not.toMatch(/8444|console/)
  })
})

describe.skipIf(testCaddy === null)(
  'an edited Caddyfile with generated blocks is reported when',
  () => {
    it.each(attacksOnGenerated)('$name', async (attack) => {
      const found = examineCaddyfile(await read(attack))
      expect(found.map(({ what }) => what).join('\n')).toMatch(attack.found)
    })
  },
)

describe.skipIf(testCaddy === null)('an edited Caddyfile is reported when', () => {
  it.each(attacks)('$name', async (attack) => {
    const found = examineCaddyfile(await read(attack, withBlocks))
    expect(found.map(({ what }) => what).join('\n')).toMatch(attack.found)
    for (const { what, remedy } of found) {
      expect(what).not.toMatch(/[0-9a-f]{64}|\.$/)
      expect(remedy).toMatch(/\.$/)
    }
  })

  it('Caddy itself refuses it: the report names the line, and nothing that could be a secret', async () => {
    const secret = 'dns-token-0123456789abcdefghijkl'
    const edit = { caddyfile: replace('\t# ---- relayed', `\t${secret}\n\t# ---- relayed`) }
    await expect(read(edit, withBlocks)).rejects.toThrow(/Caddy refuses it: .*\*\*\*/)
    await expect(read(edit, withBlocks)).rejects.not.toThrow(secret)
  })
})

describe.skipIf(testCaddy === null)('an allowed edit is not a finding:', () => {
  it.each<Edit & { name: string }>([
    {
      name: 'other names and ports',
      env: { GATEKEEPER_SITE: 'ai.lan, 10.0.0.2', GATEKEEPER_HTTPS_PORT: '443' },
    },
    { name: 'another address', env: { GATEKEEPER_BIND: '0.0.0.0' } },
    { name: 'a platform that ends TLS', env: onPlatform },
    {
      name: 'a platform that ends TLS, the console, and services at hosts of their own',
      env: { ...onPlatform, GATEKEEPER_CONSOLE: 'on' },
      yaml: (text) =>
        `${text}\n${webui}\n  two: {kind: openai, upstream: {url: "http://h:1"}, routes: [{host: two.example.com, prefix: /}]}\n`,
    },
    { name: 'an IPv6 address', env: { GATEKEEPER_BIND: '::1' } },
    {
      name: 'listeners on ports',
      env: { GATEKEEPER_CHECK_LISTEN: '127.0.0.1:9102', GATEKEEPER_RELAY_LISTEN: '127.0.0.1:9101' },
    },
    {
      name: 'one more service behind a check',
      yaml: (text) => `${text}\n  sd: {kind: http, routes: [{prefix: /sd}]}\n`,
      caddyfile: replace(
        '\t# ---- everything else',
        'handle /sd/* {\n route {\n import gate sd\n reverse_proxy 127.0.0.1:7860 {\n import admitted\n}\n}\n}\n\t# ----',
      ),
    },
    {
      name: 'services at hosts of their own, of all kinds of routes',
      yaml: (text) =>
        `${text}\n${webui}\n  two: {kind: openai, upstream: {url: "http://h:1"}, routes: [{host: two.example.com, prefix: /}, {host: two.example.com, prefix: /tts, mode: check, strip: true}]}\n`,
    },
    {
      name: 'a trusted tunnel',
      caddyfile: trusting('trusted_proxies static 10.1.2.3', 'trusted_proxies_strict'),
    },
    {
      name: 'a second site with the same blocks',
      caddyfile: replace(
        '{$GATEKEEPER_SITE:localhost} {',
        '{$GATEKEEPER_SITE:localhost}, ai.internal {',
      ),
    },
  ])('$name', async (edit) => {
    expect(examineCaddyfile(await read(edit))).toEqual([])
    expect(examineCaddyfile(await read(edit, withBlocks))).toEqual([])
  })
})
