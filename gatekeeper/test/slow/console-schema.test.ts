/**
 * Schemathesis makes requests from the OpenAPI document of the admin API, valid and not, and compares
 * each answer with it. Behind the real Caddy, with the session of an owner.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdminStore,
  adminStorePath,
  openAdminStore,
} from '../../../admin/src/store/admin-store.ts'
import { createSession } from '../../../admin/src/store/change-sessions.ts'
import { createStepUp } from '../../../admin/src/store/step-ups.ts'
import { pythonEnvironment } from '../real/parts/python.ts'
import { startConsole, type TestConsole } from '../support/console.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { type Front, startFront } from './support/console-front.ts'

const run = promisify(execFile)
/** Its own program names the folder in which it was installed, which was moved since. */
const start = 'from schemathesis.cli import schemathesis; schemathesis()'
const requirements = join(import.meta.dirname, 'support/schemathesis-requirements.txt')
/** Cases of each operation; 500 in a full run. */
const cases = Number(
  process.env['GATEKEEPER_TEST_SCHEMA_CASES'] ?? (process.env['CI_FULL'] === '1' ? 500 : 25),
)
/** A file for all that it found; a failure shows only the end. */
const report = process.env['GATEKEEPER_TEST_SCHEMA_REPORT']
/** The first is a fault of ours; after the others an answer says what the document does not. */
const checks = [
  ...['not_a_server_error', 'status_code_conformance', 'content_type_conformance'],
  ...['response_schema_conformance', 'response_headers_conformance', 'unsupported_method'],
]

/** Gives requests the ids of things that are there. */
const hooks = join(import.meta.dirname, 'support/schemathesis_hooks.py')
const ownerId = 'owner00000'
/** A key can do no more than the person who makes it. */
const access = { role: 'admin', services: ['*', 'control'] }
/** Enough for each request that removes or erases one; a file has 1,000 at most. */
const memberIds = Array.from({ length: Math.min(100 + 3 * cases, 990) }, (_, index) => {
  return `m${String(index).padStart(9, '0')}`
})

const passkeyIds = memberIds.map((id) => `p${id.slice(1)}`)

const passkeyOf = (id: string) => ({
  ...{ id, credential_id: id, person: ownerId, public_key: 'AA', sign_count: 0, transports: '[]' },
  ...{ is_synced: 0, label: id, created_at: Date.now(), last_used_at: null },
})

const options = ({ url }: Front) => ({
  url: `${url}/admin/v1`,
  checks: checks.join(','),
  phases: 'examples,coverage,fuzzing',
  'max-examples': String(cases),
  'suppress-health-check': 'all',
  'request-timeout': '20',
  seed: '1',
  'generation-database': 'none',
  'generation-with-security-parameters': 'false',
})

type Document = {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { 'x-step-up'?: string }>>>>
}

/** Returns a function that says which act a request needs a proof of, and about what. */
function createActFinder({ paths }: Document) {
  const acts = Object.entries(paths).flatMap(([path, of]) =>
    Object.entries(of).flatMap(([method, { 'x-step-up': act }]) => {
      if (act === undefined || act.includes(' ')) return []
      const pattern = new RegExp(`^/admin/v1${path.replace(/\{\w+\}/g, '([^/?]+)')}(?:\\?|$)`)
      return [{ method: method.toUpperCase(), pattern, act }]
    }),
  )
  return (method: string, path: string) => {
    const found = acts.find((one) => one.method === method && one.pattern.test(path))
    if (found === undefined) return null
    const [, target = null] = found.pattern.exec(path) ?? []
    return { act: found.act, target }
  }
}

/** What would end the session that all requests use, or does not end by itself. */
const unused = ['get_events', 'delete_session', 'delete_sessions', 'delete_sessions_id']

async function findSchemathesis(): Promise<string | null> {
  if (testCaddy === null) return null
  try {
    const folder = await pythonEnvironment('schemathesis', requirements, () => {})
    return join(folder, 'bin/python')
  } catch (error) {
    process.stderr.write(`SKIPPED: schemathesis: ${String(error).split('\n')[0]}\n`)
    return null
  }
}

const program = await findSchemathesis()

describe.skipIf(program === null || !existsSync(program))(
  'every operation of the admin API',
  () => {
    let stack: Stack
    let site: TestConsole
    let front: Front
    let folder: string
    let store: AdminStore

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gk-schema-'))
      stack = await startStack({ keys: [makeKey({ user: 'ada' })] })
      const people = Object.fromEntries([
        [ownerId, { name: 'owner', role: 'owner', access }],
        ...memberIds.map((id) => [id, { name: `member ${id}`, role: 'member' }]),
      ])
      const file = join(dirname(stack.keysFile), 'people.json')
      writeFileSync(file, JSON.stringify({ version: 1, people }))
      site = await startConsole(stack)
      store = await openAdminStore(adminStorePath(stack.stateDir))
      const signedIn = {
        person: ownerId,
        method: 'passkey',
        address: '127.0.0.1',
        agent: null,
      }
      const session = await createSession(store, signedIn, Date.now())
      await store.queries.insertInto('passkeys').values(passkeyIds.map(passkeyOf)).execute()
      const { text } = await site.send('/admin/v1/openapi.json')
      writeFileSync(join(folder, 'openapi.json'), text)
      const findAct = createActFinder(JSON.parse(text))
      const prove = async (method: string, path: string) => {
        const proven = findAct(method, path)
        // What ends the session's own person ends the run.
        if (proven === null || proven.target === ownerId) return null
        return await createStepUp(store, { ...proven, session: session.id }, Date.now())
      }
      front = await startFront(site, { session, prove })
    }, 300_000)
    afterAll(async () => {
      await front?.stop()
      await store?.close()
      await site?.stop()
      await stack?.stop()
      rmSync(folder, { recursive: true, force: true })
    })

    it(`answers ${cases} requests of all kinds as its document says, without a fault`, async () => {
      const words = [
        ...['-c', start, 'run', join(folder, 'openapi.json')],
        ...Object.entries(options(front)).flatMap(([name, value]) => [`--${name}`, value]),
        ...unused.flatMap((id) => ['--exclude-operation-id', id]),
        ...['--continue-on-failure', '--no-color'],
      ]
      const env = {
        ...process.env,
        SCHEMATHESIS_HOOKS: hooks,
        GATEKEEPER_TEST_SCHEMA_URL: `${front.url}/admin/v1`,
        GATEKEEPER_TEST_SCHEMA_IDS: JSON.stringify({ people: memberIds, passkeys: passkeyIds }),
      }
      const limits = { cwd: folder, env, timeout: 3_000_000, maxBuffer: 64 * 1024 * 1024 }
      const { stdout, failure } = await run(program ?? '', words, limits).then(
        ({ stdout }) => ({ stdout, failure: '' }),
        (error: Error & { stdout?: string }) => ({
          ...{ stdout: error.stdout ?? '', failure: error.message.slice(-4_000) },
        }),
      )
      if (report !== undefined) writeFileSync(report, stdout + failure)
      process.stdout.write(`${stdout.slice(-600)}\n`)
      expect(failure === '' ? '' : stdout.slice(-20_000) + failure).toBe('')
      expect(site.admin.output()).not.toContain('"message":"fault"')
      expect(front.statuses().get(200) ?? 0).toBeGreaterThan(cases)
    }, 3_100_000)
  },
)
