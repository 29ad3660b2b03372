/**
 * Each call that the product makes, with an error at each of its steps, over real sockets: nobody
 * there, before the head, in the content, after the end. It is the call's own failure each time.
 * What no listener receives would end the process, and here the run: vitest fails if an error
 * reaches no listener, whichever test it came from.
 */

import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createHttpServer, request } from 'node:http'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { PassThrough, type Transform } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemOutside } from '../../scripts/doctor/outside.ts'
import { askLive } from '../../scripts/explain/ask-live.ts'
import { checkPlaces } from '../../scripts/start/check-places.ts'
import { probeUpstream } from '../../scripts/start/choose-upstreams.ts'
import { findModel } from '../../scripts/start/find-model.ts'
import { caFileOf, waitForFront, waitForGatekeeper } from '../../scripts/start/wait-until-ready.ts'
import { discoveryAddress, openRemoteKeySource } from '../src/access-tokens/remote-jwk-set.ts'
import type { Settings } from '../src/config/read-settings.ts'
import { createOutcomes } from '../src/http/outcomes/outcomes.ts'
import { systemTimers } from '../src/lib/timers.ts'
import { Admission } from '../src/model/admission.ts'
import type { BodyForm } from '../src/model/endpoint.ts'
import { openLogSink } from '../src/telemetry/log-sink.ts'
import type { Forwarded } from '../src/upstreams/exchange.ts'
import { createDocumentFetcher } from '../src/upstreams/fetch-document.ts'
import { createForwarder } from '../src/upstreams/forward.ts'
import { createModelList } from '../src/upstreams/model-list.ts'
import { createRefusalCause } from '../src/upstreams/refusal-cause.ts'
import { makeCertificate } from './support/certificate.ts'
import { forwardAndSettle } from './support/forward.ts'
import {
  anEndpoint,
  aPrincipal,
  aReservation,
  aService,
  type KindName,
  someFacts,
} from './support/questions.ts'
import {
  broken,
  framings,
  greetings,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from './support/raw-upstream.ts'

const folder = mkdtempSync(join(tmpdir(), 'gk calls '))
const documents = createDocumentFetcher({ timeoutMs: 3_000 })
afterAll(async () => {
  await documents.close()
  rmSync(folder, { recursive: true, force: true })
})

const clock = () => Date.now()
const log = { warn: () => {} }
const noKeys = JSON.stringify({
  keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'a', alg: 'EdDSA', x: 'A'.repeat(43) }],
})

type Call = {
  readonly name: string
  /** The content of a good answer. */
  readonly good: (url: string) => string
  /** Makes the call once; returns its result as text. Never rejects. */
  readonly make: (url: string) => Promise<string>
  /** The results with a valid answer, and without an answer. */
  readonly ends: { readonly good: string; readonly none: string }
  /**
   * The call needs only the head, or shows the received part to a person: half a content is enough.
   */
  readonly isHeadEnough?: true
  /**
   * Node's own client: bytes or a reset right behind a whole answer may cost the answer, and no
   * more.
   */
  readonly isNodeClient?: true
  readonly isUnix?: true
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** One request through the relay, by a client that sends its body in pieces. */
async function relay(
  origin: string,
  form: BodyForm | 'upload',
  kind: KindName = 'http',
): Promise<string> {
  const timeouts = { connectSeconds: 3, headersSeconds: 3, idleSeconds: 3 }
  const service = aService({ kind, upstream: { origin, key: 'ours' }, timeouts })
  const forwarder = createForwarder([service])
  const forwarded = Promise.withResolvers<Forwarded>()
  const method = form === 'none' ? 'GET' : 'POST'
  const server = createHttpServer((incoming, response) => {
    incoming.on('error', () => {})
    response.on('error', () => {})
    const admission = new Admission({
      facts: someFacts({
        service,
        method,
        endpoint: anEndpoint({ body: form === 'upload' ? 'bytes' : form }),
      }),
      ...{ principal: aPrincipal(), obligations: [], reservation: aReservation() },
    })
    const exchange = {
      ...{ request: incoming, response, set: {}, answer: {}, reader: null },
      bytes: form === 'json' ? Buffer.from('{}') : null,
      form: form === 'upload' ? { stream: guard(), contentType: 'multipart/form-data' } : null,
    }
    void forwardAndSettle(forwarder, admission, exchange).then((result) => {
      if (!response.headersSent) response.writeHead(502).end()
      forwarded.resolve(result)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const seen = send((server.address() as AddressInfo).port, method)
  const { outcome } = await forwarded.promise
  const text = `${outcome.kind} ${await seen}`
  await forwarder.close()
  server.closeAllConnections()
  server.close()
  return text
}

function guard(): Transform {
  const stream = new PassThrough()
  stream.on('error', () => {})
  return stream
}

/** The part of an answer that a client receives. */
function send(port: number, method: string): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ port, method, path: '/', agent: false }, (answer) => {
      let text = ''
      answer.on('error', () => {})
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('close', () => {
        const how =
          answer.statusCode === 502 ? 'refused' : answer.complete ? `whole ${text}` : 'cut'
        resolve(how)
      })
    })
    call.on('error', () => resolve('cut'))
    if (method === 'GET') return void call.end()
    // Larger than one write, so that some of it is in transit when the upstream breaks.
    call.write(Buffer.alloc(200_000, 'x'))
    setImmediate(() => call.end('end'))
  })
}

async function keysOf(url: string | null, issuer: string): Promise<string> {
  const keys = { issuer, url, keepMs: 1_000 }
  const source = openRemoteKeySource(keys, { clock, log, fetchDocument: documents.fetch })
  await source.refresh()
  const text = `${source.current()?.size ?? 'no'} keys, ${source.problems().length} problems`
  source.close()
  return text
}

const modelsOf = (origin: string) => ({ upstream: { origin, key: 'ours' }, clock })
const question = {
  ...{ method: 'GET', target: '/api/tags', host: 'ai.example', clientAddress: '127.0.0.1' },
  ...{ origin: null, model: null, caller: { kind: 'anonymous' } as never },
}
const authority = makeCertificate({ name: 'authority', isAuthority: true })

/** As much of the settings as the launcher reads. */
function settingsFor(url: string): Settings {
  const settings = { stateDir: folder, bind: '127.0.0.1', sites: ['localhost'], platform: null }
  const all = { ...settings, httpsPort: Number(new URL(url).port) } as unknown as Settings
  mkdirSync(dirname(caFileOf(all)), { recursive: true })
  writeFileSync(caFileOf(all), authority.cert)
  return all
}

const portOf = (url: string) => Number(new URL(url).port)
const relayed = { good: 'answered whole {"good":true}' }
const listed = { good: 'good', none: 'none' }

const calls: readonly Call[] = [
  ...(['none', 'json', 'bytes', 'upload'] as const).map((form) => ({
    name: `the relay, body ${form}`,
    good: () => '{"good":true}',
    make: (url: string) => relay(url, form),
    ends: { ...relayed, none: '' },
  })),
  {
    name: 'the key set of an issuer',
    good: () => noKeys,
    make: (url) => keysOf(`${url}/jwks`, url),
    ends: { good: '1 keys, 0 problems', none: 'no keys, 1 problems' },
  },
  {
    name: 'the discovery document of an issuer',
    good: (url) => JSON.stringify({ issuer: url, jwks_uri: `${url}/jwks` }),
    make: async (url) => {
      const found = await documents.fetch(discoveryAddress(url)).catch(() => '')
      return found.includes('jwks_uri') ? 'good' : keysOf(null, url)
    },
    ends: { good: 'good', none: 'no keys, 1 problems' },
  },
  {
    name: 'the list of models of the domain chat',
    good: () => '{"data":[{"id":"m"}]}',
    make: async (url) =>
      String(await createModelList({ ...modelsOf(url), fetchDocument: documents.fetch })()),
    ends: { good: 'm', none: 'null' },
  },
  {
    name: 'the list of models after a refusal',
    good: () => '{"data":[]}',
    make: (origin) => {
      const service = aService({ upstream: { origin, key: 'ours' } })
      const deps = { clock, keyOf: () => 'ours', fetchDocument: documents.fetch }
      return createRefusalCause(service, deps)(401)
    },
    // An unknown cause is not attributed to our key.
    ends: { good: 'upstream-provider-refused', none: 'upstream-provider-refused' },
  },
  ...(['ollama', 'litellm'] as const).map((kind) => ({
    name: `the launcher, ${kind}`,
    good: () => '{"version":"1"}',
    make: async (url: string) => ((await probeUpstream(kind, url)) ? 'good' : 'none'),
    ends: listed,
    ...(kind === 'litellm' && { isHeadEnough: true as const }),
  })),
  {
    name: 'the launcher, for a model to name',
    good: () => '{"models":[{"name":"m"}]}',
    make: async (ollamaUrl) =>
      (await findModel({ ollamaUrl, litellmUrl: null, litellmKey: null })) ?? 'none',
    ends: { good: 'm', none: 'none' },
  },
  {
    name: 'the launcher, until the gatekeeper is ready',
    good: () => '{}',
    make: async (url) => {
      const listen = { kind: 'tcp', host: '127.0.0.1', port: portOf(url) } as const
      return (await waitForGatekeeper(listen, 0.02)) ? 'good' : 'none'
    },
    ends: listed,
    isNodeClient: true,
  },
  {
    name: 'the launcher, until Caddy is ready',
    good: () => '{"status":"ok"}',
    make: async (url) => ((await waitForFront(settingsFor(url), 0.02)) ? 'good' : 'none'),
    ends: listed,
    isNodeClient: true,
    certificate: makeCertificate({ issuer: authority }),
  },
  {
    name: 'the doctor',
    good: () => 'good',
    make: async (url) => (await systemOutside.get(url))?.text ?? 'none',
    ends: listed,
    isHeadEnough: true,
  },
  {
    name: 'explain --live',
    good: () => '"good"',
    make: (path) => askLive(question, { kind: 'unix', path }).then(String, () => 'none'),
    ends: listed,
    isNodeClient: true,
    isUnix: true,
  },
]

describe.each(calls)('$name', ({ good, make, ends, ...call }) => {
  let upstream: RawUpstream
  beforeAll(async () => {
    const { isUnix, certificate } = call
    const path = join(folder, 'asked.sock')
    upstream = await startRawUpstream({
      ...(isUnix && { path }),
      ...(certificate && { certificate }),
    })
  })
  afterAll(() => upstream.close())
  const isNone = (text: string) =>
    ends.none === '' ? /^failed (?:refused|cut)$/.test(text) : text === ends.none

  it('gets a complete answer, in every framing, whatever follows its end', async () => {
    for (const answer of framings(200, good(upstream.url))) {
      upstream.answerWith(answer)
      const got = await make(upstream.url)
      const mayFail = call.isNodeClient === true && answer.name.startsWith('whole')
      const isRight = got === ends.good || (mayFail && isNone(got))
      expect([answer.name, got, isRight]).toEqual([answer.name, got, true])
    }
  })

  it('fails when the connection breaks before the request', async () => {
    for (const greeting of greetings) {
      upstream.greetWith(greeting)
      const got = await make(upstream.url)
      expect([greeting.name, got, isNone(got)]).toEqual([greeting.name, got, true])
    }
    upstream.greetWith(null)
  })

  it.each([200, 503])('fails when an answer breaks off at any point: status %d', async (status) => {
    for (const answer of broken(status, good(upstream.url))) {
      if (call.isHeadEnough && answer.name.endsWith('until the reset')) continue
      upstream.answerWith(answer)
      const got = await make(upstream.url)
      expect([answer.name, got, isNone(got)]).toEqual([answer.name, got, true])
    }
  })

  it('fails when nobody listens', async () => {
    const gone = await startRawUpstream(call.isUnix && { path: join(folder, 'gone.sock') })
    await gone.close()
    const got = await make(gone.url)
    expect([got, isNone(got)]).toEqual([got, true])
  })
})

describe('the relay, refused by its upstream', () => {
  it('reports that the upstream refused, whatever happens to the list that tells whom', async () => {
    const upstream = await startRawUpstream()
    for (const second of [...broken(200, '{"data":[]}'), ...framings(200, '{"data":[]}')]) {
      const answers = [wholeAnswer(401, 'who are you')]
      upstream.answerWith(() => answers.shift() ?? second)
      const got = await relay(upstream.url, 'json', 'ollama')
      expect([second.name, got]).toEqual([second.name, 'failed refused'])
    }
    await upstream.close()
  })
})

describe('a connection to the socket of outcomes', () => {
  const whole = `${JSON.stringify({ uuid: 'r', status: 200, size: 5, ended: 'yes' })}\n`
  it.each([
    ['leaves at once', '', false],
    ['sends garbage', '\u0000\u0001{]\n\n', false],
    ['leaves within a line', whole.slice(0, 20), false],
    ['leaves after a line', whole, true],
    ['continues after it', `${whole}${whole}{"uuid":`, true],
  ])('%s, by a FIN or a reset: its reports are kept, and nothing else', async (_, text, isTold) => {
    const outcomes = createOutcomes({ clock, timers: systemTimers })
    const server = createServer(outcomes.accept)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    for (const end of ['end', 'resetAndDestroy'] as const) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      await new Promise((resolve) => server.once('connection', resolve))
      const told = new Promise((resolve) => outcomes.expect('r', 5_000, resolve))
      if (text !== '') await new Promise((resolve) => socket.write(text, resolve))
      if (isTold) expect(await told).toMatchObject({ outcome: { status: 200 } })
      socket[end]()
      expect((await told) !== null).toBe(isTold)
    }
    outcomes.close()
    server.close()
  })
})

describe('a probe of a place to listen on', () => {
  it('survives a peer that hangs up at once, and finds the place in use', async () => {
    const server = await startRawUpstream()
    const path = join(folder, 'taken.sock')
    const socket = await startRawUpstream({ path })
    const listen = { kind: 'unix', path } as const
    const places = {
      opsListen: listen,
      relayListen: listen,
      checkListen: listen,
      adminListen: listen,
      consoleListen: null,
      console: {},
    }
    const settings = { ...places, stateDir: folder, bind: '127.0.0.1', httpPort: 0, httpsPort: 0 }
    for (const greeting of greetings) {
      server.greetWith(greeting)
      socket.greetWith(greeting)
      expect(await systemOutside.isOpen('127.0.0.1', portOf(server.url))).toBe(true)
      const checked = checkPlaces(settings as unknown as Settings, () => {})
      await expect(checked).rejects.toMatchObject({ name: 'StartError' })
    }
    await server.close()
    await socket.close()
    expect(await systemOutside.isOpen('127.0.0.1', portOf(server.url))).toBe(false)
  })
})

it.skipIf(!existsSync('/dev/full'))(
  'lines for a full disk are lost, and nothing else',
  async () => {
    const descriptor = openSync('/dev/full', 'w')
    const sink = openLogSink(descriptor, { isGathered: false })
    for (let left = 3; left > 0; left--) {
      sink.write('a line\n')
      await sink.drained()
    }
    closeSync(descriptor)
    sink.write('a line for nobody\n')
    await sink.drained()
  },
)
