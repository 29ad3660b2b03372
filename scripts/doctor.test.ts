/** The doctor as a process, and on houses that are well and that are not. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createApiKey } from '../gatekeeper/src/api-keys/api-key.ts'
import { examineAll } from '../gatekeeper/src/operations/doctor/examine-all.ts'
import { runCommand } from './caddy/run-command.ts'
import { examinations } from './doctor/examinations.ts'
import { codeOf, toJson, toLines } from './doctor/report.ts'
import { type Clone, openClone } from './test/clone.ts'
import { openSetup, type Setup } from './test/launch.ts'

const root = resolve(import.meta.dirname, '..')
const caddy = process.env['GATEKEEPER_TEST_CADDY'] ?? ''

let setup: Setup
let clone: Clone
beforeEach(async () => {
  setup = await openSetup()
  clone = await openClone()
})
afterEach(async () => {
  await setup.remove()
  await clone.remove()
})

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string }

async function doctor(words: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  // What else runs on this machine is not the matter of these tests.
  const names = ['OLLAMA_URL', 'TTS_URL', 'WHISPER_URL', 'IMAGE_URL']
  const nowhere = Object.fromEntries(names.map((name) => [name, 'http://127.0.0.1:1']))
  const all = { env: { ...setup.env, ...nowhere, ...env }, cwd: setup.folder }
  const ran = promisify(execFile)(
    process.execPath,
    [join(root, 'scripts/doctor.ts'), ...words],
    all,
  )
  return await ran.then(
    (ended) => ({ ...ended, code: 0 }),
    (error: Ended) => error,
  )
}

describe('the command', () => {
  it('names the option that was meant', async () => {
    const { code, stderr } = await doctor(['--jsno'])
    expect([code, stderr]).toEqual([64, expect.stringContaining('did you mean --json?')])
  })

  it.each([['--json=x'], ['gk_secret_word']])(
    'understands nothing else: %s ends with 64, and is not repeated',
    async (word) => {
      const { code, stdout, stderr } = await doctor([word])
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' })
      expect(stderr).not.toContain(word)
    },
  )

  it('helps', async () => {
    const { code, stdout } = await doctor(['--help'])
    expect(code).toBe(0)
    expect(stdout).toMatch(/--json/)
  })
})

describe.skipIf(caddy === '')('a fresh clone (needs Caddy)', () => {
  /** Space is the machine's matter. */
  const read = ({ stdout }: Ended) =>
    (JSON.parse(stdout) as ReturnType<typeof toJson>).findings.filter(
      ({ examination }) => examination !== 'disk',
    )

  it('is well before its first start, while it runs, and after; and stays as it was', async () => {
    expect(read(await doctor(['--json']))).toEqual([])
    const launch = setup.launch()
    await launch.ready()
    const running = await doctor(['--json'])
    expect(read(running)).toEqual([])
    expect(running.code).toBe(0)
    launch.process.kill('SIGTERM')
    await launch.ended
    expect(read(await doctor(['--json']))).toEqual([])
    const text = await doctor([])
    expect(text.stdout).toMatch(/^nothing found: settings, Caddy and Caddyfile,/m)
    expect(text.stderr).toBe('')
  })

  it('with a guessable secret is not: exit 1, the place, the cure, and no secret', async () => {
    const { code, stdout } = await doctor([], {
      LITELLM_URL: 'http://127.0.0.1:1',
      LITELLM_MASTER_KEY: 'sk-1234',
    })
    expect(code).toBe(1)
    expect(stdout).toMatch(/^secrets\n {2}error {4}LITELLM_MASTER_KEY: .*guessed\. Make one/m)
    expect(stdout).not.toContain('sk-1234')
  })
})

describe('what it says', () => {
  it('is one document for programs and groups for people, errors first', async () => {
    const finding = { source: join(clone.folder, 'x'), line: 3, what: 'is odd', remedy: 'Mend it.' }
    const one = {
      name: 'one',
      examine: () => [
        { ...finding, level: 'info' as const, control: 'separate-environments' as const },
        { ...finding, level: 'error' as const, what: 'is \u001b[2Jworse' },
      ],
    }
    const results = await examineAll(await clone.context(), [
      one,
      { name: 'two', examine: () => [] },
    ])
    expect(toLines(results, clone.folder)).toEqual([
      'one',
      '  error    x:3: is ?[2Jworse. Mend it.',
      '  info     x:3: is odd. Mend it. [separate-environments: SOC 2 CC8.1; GDPR Art. 32(1)(b); PCI DSS 6.5.3]',
      '',
      'nothing found: two',
      '1 error, 0 warning, 1 info',
    ])
    expect(codeOf(results)).toBe(1)
    expect(toJson(results, clone.folder)).toMatchObject({
      counts: { error: 1, warning: 0, info: 1 },
      examinations: ['one', 'two'],
      findings: [
        {
          examination: 'one',
          level: 'error',
          source: 'x',
          line: 3,
          cure: 'Mend it.',
          control: null,
        },
        { control: { name: 'separate-environments', 'SOC 2': ['CC8.1'] } },
      ],
    })
  })

  it('an examination that fails is an error, without its message; the others go on', async () => {
    const failing = {
      name: 'failing',
      examine: () => {
        throw new Error('sk-in-a-message')
      },
    }
    const results = await examineAll(await clone.context(), [failing, ...examinations])
    expect(codeOf(results)).toBe(1)
    expect(results).toHaveLength(examinations.length + 1)
    expect(toLines(results, clone.folder).join()).toMatch(/the examination itself failed \(Error\)/)
    expect(JSON.stringify(toJson(results, clone.folder))).not.toContain('sk-in-a-message')
  })

  it('warnings alone end with 0', async () => {
    const warning = { level: 'warning' as const, source: 'x', what: 'is odd', remedy: 'Mend it.' }
    const results = await examineAll(await clone.context(), [
      { name: 'a', examine: () => [warning] },
    ])
    expect(codeOf(results)).toBe(0)
  })
})

describe('no secret is ever shown', () => {
  const { key } = createApiKey()
  const canaries = {
    master: 'sk-canary-master',
    compose: 'canary-compose-password',
    plain: 'canary-plain-key',
    api: key,
    service: 'canary-service-key',
    dns: 'canary-dns-0123456789-0123456789',
    proof: 'c0ffee'.repeat(10),
  }

  async function plant(): Promise<void> {
    await clone.write(
      '.env',
      `LITELLM_URL=http://127.0.0.1:1\nLITELLM_MASTER_KEY=${canaries.master}\n`,
      0o666,
    )
    const environment = `DB_PASSWORD: ${canaries.compose}`
    await clone.write(
      'docker-compose.yml',
      `services:\n  db: {image: caddy, network_mode: host, environment: {${environment}}}\n`,
    )
    const plain = {
      [canaries.plain]: { user: 'a', service: 'none' },
      [canaries.api]: { user: 'b', service: 'tts' },
    }
    await clone.write('old.json', JSON.stringify(plain), 0o644)
    // A whole key where an id belongs, and plain keys beside: the likeliest mistakes.
    await clone.write(
      'keys/keys.json',
      JSON.stringify({ version: 1, keys: { [canaries.api]: {} }, [canaries.plain]: 1 }),
      0o666,
    )
    await clone.write('service-key', canaries.service)
    const yaml = await readFile(join(clone.folder, 'gatekeeper.yaml'), 'utf8')
    const service = `  sd: {kind: openai, upstream: {url: "http://127.0.0.1:9", keyFile: service-key}, routes: [{prefix: /sd}]}\n`
    await clone.write('gatekeeper.yaml', `${yaml}${service}`)
    await mkdir(join(clone.folder, '.gatekeeper/caddy'), { recursive: true, mode: 0o755 })
    await clone.write(
      '.gatekeeper/front-secrets.json',
      JSON.stringify({ edge: canaries.proof }),
      0o644,
    )
  }

  it.each(['a broken Caddyfile', 'a Caddyfile with other holes'])('%s', async (name) => {
    await plant()
    const path = join(clone.folder, 'caddy/Caddyfile')
    const text = await readFile(path, 'utf8')
    const edited = name.includes('broken')
      ? text.replace('\t# ---- everything else', `\t${canaries.dns}\n`)
      : text.replace(
          '\t# ---- everything else',
          `handle /sd/* {\nrequest_header X-Api-Key ${canaries.dns}\nreverse_proxy 127.0.0.1:1\n}\n$&`,
        )
    await writeFile(path, edited)
    const env = { API_KEYS_FILE: 'old.json', ...(caddy !== '' && { GATEKEEPER_CADDY: caddy }) }
    const results = await examineAll(await clone.context(env, { run: runCommand }), examinations)
    const said = [
      ...toLines(results, clone.folder),
      JSON.stringify(toJson(results, clone.folder)),
    ].join('\n')
    // Nearly every examination has something to say here.
    expect(codeOf(results)).toBe(1)
    expect(results.filter(({ findings }) => findings.length > 0).length).toBeGreaterThanOrEqual(5)
    for (const canary of Object.values(canaries)) expect(said).not.toContain(canary)
  })
})
