import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type AdmitDeps, admit } from '../../src/admission/admit.ts'
import type { RequestHead } from '../../src/admission/request-head.ts'
import { parseKeyFile } from '../../src/api-keys/key-file.ts'
import { createKeyRing } from '../../src/api-keys/key-ring.ts'
import { parseTarget } from '../../src/lib/net/path.ts'
import { noAddressRules } from '../../src/policy/address-rules.ts'
import { checks } from '../../src/policy/checks.ts'
import { createRouteTable } from '../../src/policy/route-table.ts'
import { upstreamFields } from '../../src/upstreams/request-fields.ts'
import { createLedger } from '../../src/usage/ledger/ledger.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { aBodySource, aHead, aRoute, aService, noLimits } from '../support/questions.ts'
import { foldFieldName } from './support/app-server.ts'
import { carriers } from './support/texts/carriers.ts'
import { mutatedText, mutations } from './support/texts/mutations.ts'

const cases = 100_000
const parameters = { numRuns: cases, endOnFailure: true } as const
const ada = makeKey()
const known = { serviceNameOf: (name: string) => name }
const ring = createKeyRing(parseKeyFile(keyFileText([ada]), 'keys.json', known).keys)

/** What `ada` may call, written out: the one list that a request must be on. */
const listed = new Set([
  ...['GET /api/tags', 'HEAD /api/tags', 'GET /api/version', 'GET /api/ps', 'POST /api/show'],
  ...['GET /chat/api/tags', 'HEAD /chat/api/tags', 'POST /chat/api/generate'],
])
const goodLines = [...listed, 'POST /api/generate', 'DELETE /api/delete', 'GET /debug/pprof/heap']

const service = aService({
  routes: [aRoute(), aRoute({ prefix: '/chat', strip: true, mode: 'check' })],
})
const ledger = createLedger({ clock: () => 0, timeZone: 'UTC', journal: null })
const deps: AdmitDeps = {
  findRoute: createRouteTable([service]),
  addressRules: () => noAddressRules,
  plainKeyTest: () => ring.holdsPlain,
  holdsToken: () => false,
  authenticate: (credential: string) => ring.authenticate(credential, 0),
  reserve: ledger.reserve,
  checks,
  ...noLimits,
}

describe('an arbitrary path', () => {
  it('never throws, and is accepted only if every reader sees the same segments', () => {
    const paths = mutatedText(
      goodLines.map((line) => line.split(' ')[1] as string),
      mutations.path,
    )
    fc.assert(
      fc.property(paths, (text) => {
        const target = parseTarget(text)
        if (target === null) return
        const { path } = target
        expect(path.startsWith('/')).toBe(true)
        // Three other readers: a browser's URL, the file system's normal form, a decoder.
        expect(new URL(`http://h${path}`).pathname).toBe(path)
        expect(posix.normalize(path)).toBe(path)
        const decoded = Buffer.from(
          path.replace(/%../g, (at) => String.fromCharCode(Number.parseInt(at.slice(1), 16))),
          'latin1',
        )
        const structural = (value: string) => value.replace(/[^/\\.;?#%]/g, '').replaceAll('%', '')
        expect(structural(decoded.toString('latin1'))).toBe(structural(path))
        expect(`${path}${target.query === '' ? '' : `?${target.query}`}`).toBe(
          text.replace(/\?$/, ''),
        )
      }),
      parameters,
    )
  }, 60_000)
})

describe('an arbitrary credential', () => {
  it('never throws, and is accepted only if it is exactly the key', () => {
    const texts = mutatedText([ada.key, ada.key.slice(0, -1), 'x', ''], mutations.credential)
    let taken = 0
    fc.assert(
      fc.property(texts, (text) => {
        const caller = ring.authenticate(text, 0)
        const isTaken = typeof caller !== 'string'
        expect(isTaken).toBe(text === ada.key)
        if (isTaken) taken++
      }),
      parameters,
    )
    expect(taken).toBeGreaterThan(100)
  }, 60_000)
})

describe('an arbitrary request', () => {
  const bytes = (text: string) => Buffer.from(text).toString('latin1')
  const credential = mutatedText([ada.key], mutations.credential).map(bytes)
  const carried = fc.record({ carrier: fc.constantFrom(...carriers), credential })
  const oddField = fc.tuple(
    mutatedText(['X-Gatekeeper-User', 'X-Api-Key', 'Host', 'Origin', '__proto__'], mutations.name),
    mutatedText(['evil', 'gk_', ''], mutations.credential).map(bytes),
  )
  const lines = fc.tuple(
    fc.array(carried, { maxLength: 2 }),
    fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(oddField, { maxLength: 3 })),
  )
  const request = fc.record({
    line: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...goodLines) },
      { weight: 2, arbitrary: mutatedText(goodLines, mutations.path) },
    ),
    lines,
    point: fc.constantFrom('check' as const, 'relay' as const),
    checkedService: fc.constantFrom('ollama', 'ollama', 'tts', null),
  })

  it('is admitted only on a listed row and with the one key, and nothing throws', async () => {
    let admitted = 0
    const property = fc.asyncProperty(request, async ({ line, lines: [keys, odd], ...at }) => {
      const [method = '', target = ''] = [line.split(' ')[0], line.slice(line.indexOf(' ') + 1)]
      const pairs = [...keys.map((each) => each.carrier.carry(each.credential)), ...odd]
      const head: RequestHead = aHead({
        ...at,
        method,
        target,
        hasBody: false,
        fields: toFields(pairs),
      })
      const body =
        at.point === 'check'
          ? null
          : aBodySource({ read: async () => Buffer.from('{"model":"m"}') })
      const verdict = await admit(head, body, deps)
      if (!('admission' in verdict)) return
      void verdict.admission.reservation.settle({ status: 200, kind: 'answered', answerBytes: 0 })
      admitted++
      expect(
        listed.has(`${method} ${target.split('?', 1)[0]}`) || line === 'POST /api/generate',
      ).toBe(true)
      expect(target.startsWith('/chat/')).toBe(at.point === 'check')
      // Read again with a simpler reader: every visible credential is the key.
      const shown = keys.map((each) => each.credential.trim()).filter((text) => text !== '')
      expect(new Set(shown.map((text) => text.replace(/^bearer[ \t]+/i, '')))).toEqual(
        new Set([ada.key]),
      )
    })
    await fc.assert(property, parameters)
    expect(admitted).toBeGreaterThan(500)
  }, 60_000)

  it('shows the upstream no credential and no other identity, whatever its fields', () => {
    const identity = { 'x-gatekeeper-user': 'ada', 'x-gatekeeper-role': 'readwrite' }
    fc.assert(
      fc.property(lines, ([keys, odd]) => {
        const pairs = [...keys.map((each) => each.carrier.carry(ada.key)), ...odd]
        const sent = upstreamFields(toFields(pairs), identity)
        const folded = Object.keys(sent).map(foldFieldName)
        const ours = folded.filter((name) => name.includes('x-gatekeeper'))
        expect(ours.sort()).toEqual(Object.keys(identity).sort())
        expect(sent).toMatchObject(identity)
        expect(JSON.stringify(Object.values(sent))).not.toContain(ada.key)
      }),
      { ...parameters, numRuns: cases },
    )
  }, 60_000)
})

/** As `IncomingMessage.headersDistinct` has them. */
function toFields(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const fields: Record<string, string[]> = Object.create(null)
  for (const [name, value] of pairs) {
    const key = name.toLowerCase()
    fields[key] = [...(fields[key] ?? []), value.trim()]
  }
  return fields
}
