import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import { finished } from 'node:stream/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Admitted, admit } from '../src/admission/admit.ts'
import { createAdmission } from '../src/app/admission.ts'
import { openParts } from '../src/app/open-parts.ts'
import { createParts } from '../src/app/part.ts'
import { loadGateway } from '../src/config/load-gateway.ts'
import { readSettings } from '../src/config/read-settings.ts'
import { explainRequest } from '../src/explain/explain.ts'
import type { Denial } from '../src/model/denial.ts'
import type { ExplainQuestion } from '../src/model/explanation.ts'
import { reasonRow } from '../src/model/reason.ts'
import type { RefusedError } from '../src/model/refused-error.ts'
import { keyFileText, type TestKey } from './support/keys.ts'
import {
  aQuestion,
  callerOf,
  configText,
  endpointOf,
  makeKeys,
  plainKeys,
  requestOf,
} from './support/random-questions.ts'

/**
 * `explain` and a request get the same question, one after the other, in the same state: 2,000
 * random questions, with everything that may refuse. Used limits stay used, and some requests stay
 * under way for a while.
 */
const seed = Number(process.env['GATEKEEPER_TEST_SEED'] ?? Date.now() % 1_000_000)
const questions = 2_000

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'gk-explained-'))
const readFile = (path: string) => readFileSync(path, 'utf8')

function verdictOf(answer: Admitted | Denial) {
  if (!('reason' in answer)) {
    return { isAllowed: true, check: null, reason: null, status: null, text: null, limit: null }
  }
  const { reason, check, detail, refusal } = answer
  const limit = refusal?.limit ?? null
  return {
    ...{ isAllowed: false, check, reason, status: reasonRow(reason).status },
    text: detail?.text ?? reasonRow(reason).text,
    limit: limit === null ? null : `${limit.scope} ${limit.text}`,
  }
}

/** The decision, after an upload was read. */
async function becomeOf(answer: Admitted | Denial, bytes: Buffer) {
  if ('reason' in answer || answer.form === null) return verdictOf(answer)
  const { admission, form } = answer
  form.stream.resume().end(bytes)
  const error = await finished(form.stream).catch((cause: RefusedError) => cause)
  if (!error) return verdictOf(answer)
  const { facts, principal } = admission
  return verdictOf({ ...error, check: 'upstream', facts, principal })
}

/** Results that every run must include, or the questions are of little use. */
const often = [
  ...['allowed', 'too-many-attempts', 'rate-limited', 'quota-exceeded', 'too-many-running'],
  ...['queue-full', 'model-not-allowed', 'prompt-too-large', 'expired-key', 'disabled-key'],
]

let upstream: Server
const parts = createParts()
let ticks = 1_000
let now = Date.parse('2026-06-01T00:00:00Z')

beforeAll(async () => {
  // Rates must not recover between the two questions.
  vi.spyOn(performance, 'now').mockImplementation(() => ticks)
  upstream = createServer((_, response) => {
    response.end(JSON.stringify({ data: ['m1', 'm2', 'usual'].map((id) => ({ id })) }))
  })
  await new Promise<void>((done) => void upstream.listen(0, '127.0.0.1', done))
})
afterAll(async () => {
  vi.restoreAllMocks()
  await parts.close()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(keys: readonly TestKey[]) {
  const keysDir = join(folder, 'keys')
  mkdirSync(keysDir)
  writeFileSync(join(keysDir, 'keys.json'), keyFileText(keys))
  const entry = { user: 'ada', service: 'ollama', created_at: '2026-01-01T00:00:00Z' }
  const plain = Object.fromEntries(plainKeys.map((key) => [key, entry]))
  writeFileSync(join(folder, 'plain.json'), JSON.stringify(plain))
  const { port } = upstream.address() as AddressInfo
  writeFileSync(join(folder, 'gatekeeper.yaml'), configText(`http://127.0.0.1:${port}`))
  const { settings, problems } = readSettings({
    ...{ folder: root, platform: process.platform, readFile },
    env: {
      GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
      GATEKEEPER_KEYS_DIR: keysDir,
      GATEKEEPER_STATE_DIR: join(folder, 'state'),
      GATEKEEPER_VAULT_DIR: join(folder, 'vault'),
      API_KEYS_FILE: join(folder, 'plain.json'),
    },
  })
  const gateway = loadGateway(settings, readFile)
  expect([...problems, ...gateway.problems]).toEqual([])
  const log = { info: () => {}, warn: () => {}, error: () => {} }
  const secrets = { edge: '', proof: '' }
  const deps = { ...gateway, settings, log, secrets, clock: () => now, version: 'test' }
  return createAdmission(deps, await openParts(deps, parts))
}

test(`explain predicts the result of 2,000 random requests (seed ${seed})`, async () => {
  const keys = makeKeys(seed)
  const deps = await open(keys)
  const underWay: Admitted[] = []
  const settle = (one: Admitted) =>
    one.admission.reservation.settle({ status: 200, kind: 'answered', answerBytes: 1 })
  const seen = new Set<string>()
  for (const [at, asked] of fc.sample(aQuestion, { numRuns: questions, seed }).entries()) {
    const { caller, credential } = callerOf(asked, keys)
    const { row, host, model, clientAddress, origin } = asked
    const [method, target] = row
    const endpoint = endpointOf(asked)
    const question = { method, target, host, clientAddress, origin, model, endpoint, caller }
    const { verdict: said } = await explainRequest(question as ExplainQuestion, deps.explain)
    const { head, body, bytes } = requestOf(asked, credential)
    const answer = await admit(head, body, deps.admit)
    const real = await becomeOf(answer, bytes)
    expect(said, `seed ${seed}, question ${at}: ${JSON.stringify(question)}`).toEqual(real)
    seen.add(real.reason ?? 'allowed')
    if (!('reason' in answer)) underWay.push(answer)
    while (underWay.length > asked.running) void settle(underWay.shift() as Admitted)
    now += asked.pause * 1_000
    ticks += asked.pause * 1_000
  }
  // There were different results.
  expect([...seen]).toEqual(expect.arrayContaining(often))
})
