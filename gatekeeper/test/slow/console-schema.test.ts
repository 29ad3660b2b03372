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
import { adminStorePath, openAdminStore } from '../../../admin/src/store/admin-store.ts'
import { createSession } from '../../../admin/src/store/change-sessions.ts'
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

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'gk-schema-'))
      stack = await startStack({ keys: [makeKey({ user: 'ada' })] })
      const people = { owner00000: { name: 'owner', role: 'owner' } }
      const file = join(dirname(stack.keysFile), 'people.json')
      writeFileSync(file, JSON.stringify({ version: 1, people }))
      site = await startConsole(stack)
      const store = await openAdminStore(adminStorePath(stack.stateDir))
      const signedIn = {
        person: 'owner00000',
        method: 'passkey',
        address: '127.0.0.1',
        agent: null,
      }
      const session = await createSession(store, signedIn, Date.now())
      await store.close()
      front = await startFront(site, session)
      const { text } = await site.send('/admin/v1/openapi.json')
      writeFileSync(join(folder, 'openapi.json'), text)
    }, 300_000)
    afterAll(async () => {
      await front?.stop()
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
      const limits = { cwd: folder, timeout: 3_000_000, maxBuffer: 64 * 1024 * 1024 }
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
