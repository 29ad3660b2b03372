/** The launcher as a process: what a person or a service manager sees of it. */
import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { Agent, request } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { demoText } from './demo/demo-model.ts'
import { findDescendants, type Launch, openSetup, type Setup } from './test/launch.ts'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)
const hasCaddy = (process.env['GATEKEEPER_TEST_CADDY'] ?? '') !== ''
const hasPython = canRun('python3')
const hasCurl = canRun('curl')

const canRunCertutil = spawnSync('certutil', ['-H']).error === undefined

function canRun(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

let setup: Setup
beforeEach(async () => {
  setup = await openSetup()
})
afterEach(async () => {
  await setup.remove()
})

const withoutCaddy = { GATEKEEPER_CADDY: process.execPath }

describe('a start that cannot go on', () => {
  it('names every wrong setting at once, and ends with 78', async () => {
    const launch = setup.launch({
      env: {
        ...{ GATEKEEPER_SIET: 'x', GATEKEEPER_HTTPS_PORT: 'many', OLLAMA_URL: 'ftp://x' },
        ...{ TTS_URL: 'http://127.0.0.1:8880/?x', IMAGE_URL: '127.0.0.1:8188' },
      },
    })
    expect(await launch.ended).toBe(78)
    const names = [
      ...['GATEKEEPER_SIET: .*GATEKEEPER_SITE', 'GATEKEEPER_HTTPS_PORT: ', 'OLLAMA_URL: '],
      ...[
        'TTS_URL: has a query.*Use a path',
        'IMAGE_URL: is not an http:// .*Write it like http://',
      ],
    ]
    for (const name of names) expect(launch.stderr()).toMatch(new RegExp(name))
    expect(await readdir(setup.folder)).toEqual([])
  })

  it('names the port that is taken and its variable, and ends with 69', async () => {
    const server = createServer().listen(setup.port, '127.0.0.1')
    await once(server, 'listening')
    const launch = setup.launch({ env: withoutCaddy })
    expect(await launch.ended).toBe(69)
    expect(launch.stderr()).toMatch(
      new RegExp(`GATEKEEPER_HTTPS_PORT: port ${setup.port} on 127.0.0.1 is taken`),
    )
    server.close()
  })

  it('says that the program named as Caddy is not one, and ends with 78', async () => {
    const launch = setup.launch({ env: withoutCaddy })
    expect(await launch.ended).toBe(78)
    expect(launch.stderr()).toMatch(/GATEKEEPER_CADDY: names .*does not print a version/)
  })
})

describe.skipIf(!hasCaddy)('a start without a terminal (needs Caddy)', () => {
  it('prints JSON lines, then one that begins with ready, and never a key', async () => {
    // A slash or a path at the end of an address is as good as none.
    const env = { TTS_URL: 'http://127.0.0.1:8880/', IMAGE_URL: 'http://127.0.0.1:8188/ui/' }
    const launch = setup.launch({ env })
    await launch.ready()
    const lines = launch.stdout().trim().split('\n')
    expect(lines.at(-1)).toBe(`ready https://localhost:${setup.port} (demonstration)`)
    const events = lines.slice(0, -1).map((line) => JSON.parse(line))
    expect(events.find(({ event }) => event === 'no-keys')?.command).toMatch(/npm run keys -- add/)
    expect(launch.stdout() + launch.stderr()).not.toMatch(/gk_[0-9a-z]{10}_/)
    expect(await readdir(setup.folder)).toEqual(['state'])
    expect((await stat(join(setup.folder, 'state'))).mode & 0o777).toBe(0o700)
  })

  it('drains at SIGTERM, ends with 0, and leaves nothing behind to stumble over', async () => {
    const launch = setup.launch()
    await launch.ready()
    const parts = findDescendants(launch.process.pid ?? 0, '')
    launch.process.kill('SIGTERM')
    expect(await launch.ended).toBe(0)
    expect(parts.filter(isAlive)).toEqual([])
    const again = setup.launch()
    expect(await again.ready()).toBeLessThan(10)
    expect(again.stdout()).not.toMatch(/left-over/)
  })

  it('npm run dev: starts the gatekeeper again when a source file changes, and Caddy stays', async () => {
    const launch = setup.launch({ words: ['--dev'] })
    await launch.ready()
    const find = (words: string) => findDescendants(launch.process.pid ?? 0, words)
    const [caddy, before] = [find('Caddyfile'), find('src/main.ts')]
    const source = join(root, 'gatekeeper/src/lib/clock.ts')
    await utimes(source, new Date(), new Date())
    await vi.waitFor(() => expect(launch.stdout().match(/gatekeeper ready/g)).toHaveLength(2), {
      timeout: 20_000,
    })
    expect(find('src/main.ts')).not.toEqual(before)
    expect(find('Caddyfile')).toEqual(caddy)
  })

  it('starts the admin process last; without it, everything else starts and says so', async () => {
    const launch = setup.launch()
    await launch.ready()
    await vi.waitFor(() => expect(launch.stdout()).toContain('admin ready'), { timeout: 10_000 })
    launch.process.kill('SIGTERM')
    expect(await launch.ended).toBe(0)
    const without = setup.launch({ env: { GATEKEEPER_CONSOLE: 'off' } })
    await without.ready()
    await untilSaid(without, 'answered with 503 without it: /admin, /analytics')
    expect(findDescendants(without.process.pid ?? 0, 'admin/src/main.ts')).toEqual([])
  })

  it('says where the console is, and names the command for its first owner: no link in a log', async () => {
    const launch = setup.launch()
    await launch.ready()
    await vi.waitFor(() => expect(launch.stdout()).toContain('"event":"no-owner"'), {
      timeout: 30_000,
    })
    const [line = ''] = launch.stdout().match(/^.*no-owner.*$/m) ?? []
    expect(JSON.parse(line)).toMatchObject({
      text: expect.stringContaining(`https://console.localhost:${setup.consolePort}`),
      command: 'npm run people -- invite NAME --role owner',
    })
    expect(launch.stdout() + launch.stderr()).not.toMatch(/welcome|#/)
  })

  it('takes two signals within a second as one', async () => {
    const launch = setup.launch()
    await launch.ready()
    launch.process.kill('SIGINT')
    launch.process.kill('SIGTERM')
    expect(await launch.ended).toBe(0)
  })

  it.each([
    { name: 'the gatekeeper', words: 'gatekeeper/src/main.ts' },
    { name: 'Caddy', words: 'run --config' },
    { name: 'the admin process', words: 'admin/src/main.ts' },
  ])(
    'restarts $name when it dies, says so, and leaves the other alone',
    async ({ name, words }) => {
      const launch = setup.launch()
      await launch.ready()
      const pids = () => findDescendants(launch.process.pid ?? 0, '')
      // The admin process is the last one, after the console is built.
      await vi.waitFor(() => expect(launch.stdout()).toContain('admin ready'), { timeout: 60_000 })
      const before = pids()
      const part = theOne(launch, words)
      process.kill(part, 'SIGKILL')
      await untilSaid(
        launch,
        `${name} ended (SIGKILL) and was started again (1 of 5 times in a minute)`,
      )
      expect(theOne(launch, words)).not.toBe(part)
      expect(before.filter((pid) => pid !== part && !pids().includes(pid))).toEqual([])
      await untilHealthy(setup)
      // The running processes are recorded again, for a start on the same folder.
      expect(await readFile(join(setup.folder, 'state/run/pids'), 'utf8')).toContain(
        String(theOne(launch, words)),
      )
    },
  )

  it('ends as a whole, with 70, when a part dies again and again, and names it', async () => {
    const launch = setup.launch()
    await launch.ready()
    const all = findDescendants(launch.process.pid ?? 0, '')
    for (let times = 1; times <= 5; times++) {
      process.kill(theOne(launch, 'gatekeeper/src/main.ts'), 'SIGKILL')
      await untilSaid(launch, `(${times} of 5 times in a minute)`)
    }
    process.kill(theOne(launch, 'gatekeeper/src/main.ts'), 'SIGKILL')
    expect(await launch.ended).toBe(70)
    expect(launch.stderr()).toMatch(
      /the gatekeeper ended \(SIGKILL\) after 5 restarts within a minute.* so everything stops/,
    )
    expect(all.filter(isAlive)).toEqual([])
  })

  it('ends as a whole, with 78, when a file has become wrong before the new start', async () => {
    const launch = setup.launch()
    await launch.ready()
    await mkdir(join(setup.folder, 'keys'), { recursive: true })
    await writeFile(join(setup.folder, 'keys', 'keys.json'), '{\n  "version": 1,\n  nonsense')
    process.kill(theOne(launch, 'gatekeeper/src/main.ts'), 'SIGKILL')
    expect(await launch.ended).toBe(78)
    expect(launch.stderr()).toMatch(/keys\.json:3/)
    expect(launch.stderr()).toMatch(/ended \(exit code 78\): a setting or file is wrong/)
  })

  it('says that another one runs on the same state folder, and leaves that one alone', async () => {
    const first = setup.launch()
    await first.ready()
    await vi.waitFor(() => expect(first.stdout()).toContain('admin ready'), { timeout: 60_000 })
    const second = setup.launch()
    expect(await second.ended).toBe(69)
    expect(second.stderr()).toMatch(/another Gatekeeper is running on it.*\(kill( \d+){4}\)/)
    expect(first.process.exitCode).toBeNull()
  })

  it('goes on after a crash that left its sockets behind', async () => {
    const crashed = setup.launch()
    await crashed.ready()
    // The last process: one that starts while they are killed would live on.
    await vi.waitFor(() => expect(crashed.stdout()).toContain('admin ready'), { timeout: 60_000 })
    const all = findDescendants(crashed.process.pid ?? 0, '')
    for (const pid of [crashed.process.pid ?? 0, ...all]) killHard(pid)
    await crashed.ended
    const next = setup.launch()
    await next.ready()
    expect(next.stdout()).toMatch(/left over from a Gatekeeper/)
  })

  it("passes on the gatekeeper's 78 for a broken key file, with its place", async () => {
    await mkdir(join(setup.folder, 'keys'))
    await writeFile(join(setup.folder, 'keys', 'keys.json'), '{\n  "version": 1,\n  nonsense')
    const launch = setup.launch()
    expect(await launch.ended).toBe(78)
    expect(launch.stderr()).toMatch(/keys\.json:3/)
  })
})

describe.skipIf(!hasCaddy || !hasPython)('a start on a terminal (needs Caddy, python3)', () => {
  it('makes a first key, shows it, and Ctrl-C ends with 0', async () => {
    const launch = setup.launch({ isTerminal: true })
    await launch.ready()
    await untilPrinted(launch, 'Ctrl-C')
    const [key = ''] = /gk_[0-9a-z]{10}_[0-9A-Za-z]{49}/.exec(launch.stdout()) ?? []
    expect(launch.stdout()).toContain(`your first key, shown only now: ${key}`)
    expect(launch.stdout()).toMatch(/DEMONSTRATION/)
    // Caddy logs three warnings at each start that mean nothing to a person.
    expect(launch.stdout()).not.toMatch(/admin endpoint|automatic HTTPS|requires TLS/)
    const file = await readFile(join(setup.folder, 'keys', 'keys.json'), 'utf8')
    expect(file).not.toContain(key)
    expect(Object.values(JSON.parse(file).keys)).toMatchObject([
      { role: 'readwrite', services: ['ollama', 'litellm', 'domain-chat'] },
    ])
    launch.process.stdin.write('\x03')
    expect(await launch.ended).toBe(0)

    const second = setup.launch({ isTerminal: true })
    expect(await second.ready()).toBeLessThan(10)
    await untilPrinted(second, 'Ctrl-C')
    expect(second.stdout()).not.toMatch(/gk_[0-9a-z]{10}_/)
    expect(second.stdout()).toContain('$GK_API_KEY')
  })

  it('prints one set-up link of the console, and asks once whether browsers trust it', async () => {
    const launch = setup.launch({ isTerminal: true })
    await launch.ready()
    if (canRunCertutil) {
      await untilPrinted(launch, '[y/N]')
      // The link comes last, for a browser that trusts the certificate already.
      expect(launch.stdout()).not.toContain('/welcome#')
      launch.process.stdin.write('\r')
      await untilPrinted(launch, 'not changed. Later: npm run trust')
    }
    await untilPrinted(launch, '/welcome#')
    const link = `https://console\\.localhost:${setup.consolePort}/welcome#[\\w-]{43}`
    expect(launch.stdout().match(new RegExp(link, 'g'))).toHaveLength(1)
    const state = await readFile(join(setup.folder, 'state/admin/admin.db'), 'latin1')
    const [, code = ''] = /welcome#([\w-]+)/.exec(launch.stdout()) ?? []
    expect(state).not.toContain(code)
    launch.process.stdin.write('\x03')
    expect(await launch.ended).toBe(0)

    const second = setup.launch({ isTerminal: true })
    await second.ready()
    await untilPrinted(second, '/welcome#')
    expect(second.stdout()).not.toContain(code)
    expect(second.stdout()).not.toContain('[y/N]')
  })

  it.skipIf(!hasCurl)('prints lines that work when they are pasted (needs curl)', async () => {
    const launch = setup.launch({ isTerminal: true })
    await launch.ready()
    await untilPrinted(launch, 'Ctrl-C')
    const lines = launch.stdout().match(/^ *curl .*$/gm) ?? []
    expect(lines).toHaveLength(2)
    const answers = await Promise.all(
      lines.map(async (line) => (await run('sh', ['-c', `${line.trim()} --silent`])).stdout),
    )
    // Whoever has an Ollama running here gets real answers, which say nothing of a demonstration.
    const isDemo = launch.stdout().includes('(demonstration)')
    const [native, compatible] = answers.map((answer) => JSON.parse(answer))
    expect(native.response).toEqual(isDemo ? demoText : expect.any(String))
    expect(compatible.choices[0].message.content).toEqual(isDemo ? demoText : expect.any(String))
  })
})

/** The process below the launcher whose command has the words. */
function theOne(launch: Launch, words: string): number {
  const [pid] = findDescendants(launch.process.pid ?? 0, words)
  // A signal to no process in particular would be one to all of ours.
  if (pid === undefined) throw new Error(`nothing runs whose command has ${words}`)
  return pid
}

async function untilSaid(launch: Launch, text: string): Promise<void> {
  await vi.waitFor(() => expect(launch.stderr()).toContain(text), { timeout: 20_000 })
}

/** Until a request goes through both parts again. */
async function untilHealthy({ folder, port }: Setup): Promise<void> {
  const ca = await readFile(join(folder, 'state/caddy/pki/authorities/local/root.crt'), 'utf8')
  const dispatcher = new Agent({ connect: { ca } })
  const status = () =>
    request(`https://localhost:${port}/health`, { dispatcher }).then(
      async ({ statusCode, body }) => {
        await body.dump()
        return statusCode
      },
      () => 0,
    )
  await vi.waitFor(async () => expect(await status()).toBe(200), { timeout: 20_000 })
  await dispatcher.destroy()
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function killHard(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL')
}

/** The text after the ready line may come in a second piece. */
async function untilPrinted(launch: Launch, text: string): Promise<void> {
  while (!launch.stdout().includes(text)) await once(launch.process.stdout, 'data')
}
