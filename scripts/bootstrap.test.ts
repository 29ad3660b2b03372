import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

let root: string
const lock = {
  packages: {
    '': { name: 'root' },
    'node_modules/koa': { version: '3.3.0', integrity: 'sha512-a' },
    'node_modules/other-platform': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'gk-bootstrap-'))
  await mkdir(join(root, 'scripts'))
  // The pinned Node, so that the test also holds where the Node that runs it is too old itself.
  await mkdir(join(root, 'node_modules', '.bin'), { recursive: true })
  await symlink(process.execPath, join(root, 'node_modules', '.bin', 'node'))
  await copyFile(join(import.meta.dirname, 'bootstrap.mjs'), join(root, 'scripts', 'bootstrap.mjs'))
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock))
  await writeFile(join(root, 'hello.mjs'), 'console.log(`hello`, process.argv.slice(2).join())')
})
afterEach(async () => {
  await rm(root, { recursive: true, force: true })
})

/** What npm leaves behind after an installation. */
async function writeInstalled(koa = '3.3.0'): Promise<void> {
  const packages = { 'node_modules/koa': { version: koa, integrity: 'sha512-a' } }
  await writeFile(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages }))
}

/** An npm that notes how it was called and then runs `body`. */
async function writeNpm(body: string): Promise<void> {
  await writeFile(
    join(root, 'npm-cli.js'),
    `const fs = require('node:fs')
fs.appendFileSync(${JSON.stringify(join(root, 'npm.log'))}, process.argv.slice(2).join(' ') + '\\n')
console.log('noise of npm')
${body}`,
  )
}

const installing = `const lock = JSON.parse(fs.readFileSync('package-lock.json', 'utf8'))
fs.mkdirSync('node_modules', { recursive: true })
fs.writeFileSync('node_modules/.package-lock.json', JSON.stringify(lock))`

const bootstrap = () => [process.execPath, join(root, 'scripts', 'bootstrap.mjs')]

const start = (...words: readonly string[]) => startWith([...bootstrap(), ...words])

function startWith([command = '', ...words]: readonly string[]) {
  const env = { ...process.env, NODE_ENV: 'production', npm_execpath: join(root, 'npm-cli.js') }
  const { npm_node_execpath: _, ...rest } = env as NodeJS.ProcessEnv
  return spawn(command, words, { env: rest })
}

function hasPython(): boolean {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

const run = async (...words: readonly string[]) => await read(start(...words))

async function read(child: ChildProcessWithoutNullStreams) {
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { code, signal, stdout, stderr }
}

const readNpmCalls = async () =>
  (await readFile(join(root, 'npm.log'), 'utf8').catch(() => '')).trim().split('\n').filter(Boolean)

describe('the bootstrap', () => {
  it('installs what is missing, once, and says nothing of it on stdout', async () => {
    await writeNpm(installing)
    const first = await run('hello.mjs', 'a', 'b')
    expect(first).toMatchObject({ code: 0, stdout: 'hello a,b\n' })
    expect(first.stderr).toMatch(/^gatekeeper: installing packages.*\n$/)
    expect(await run('hello.mjs')).toMatchObject({ code: 0, stderr: '' })
    expect(await readNpmCalls()).toEqual(['ci --include=dev --include=optional --loglevel=error'])
    expect(await readdir(root)).not.toContain('.install.tmp')
  })

  it.skipIf(!hasPython())('lets npm show its progress on a terminal (needs python3)', async () => {
    await writeNpm(`${installing}
console.log('terminal ' + (process.stdout.isTTY && process.stderr.isTTY))`)
    const terminal = ['python3', join(import.meta.dirname, 'test', 'on-terminal.py')]
    const { code, stdout } = await read(startWith([...terminal, ...bootstrap(), 'hello.mjs']))
    expect(code).toBe(0)
    expect(stdout).toMatch(/installing packages[\s\S]*noise of npm\s+terminal true\s+hello/)
  })

  it('takes the installation of a plain npm ci as it is', async () => {
    await writeNpm(installing)
    await writeInstalled()
    expect(await run('hello.mjs')).toMatchObject({ code: 0, stderr: '' })
    expect(await readNpmCalls()).toEqual([])
  })

  it.each([
    { name: 'another version is installed', spoil: () => writeInstalled('3.2.0') },
    {
      name: 'the lock file changed since',
      spoil: async () => {
        const packages = { ...lock.packages, 'node_modules/new': { version: '1.0.0' } }
        await writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages }))
      },
    },
    {
      name: 'the list of what is installed is torn',
      spoil: () => writeFile(join(root, 'node_modules', '.package-lock.json'), '{"pack'),
    },
  ])('installs again when $name', async ({ spoil }) => {
    await writeNpm(installing)
    await run('hello.mjs')
    await spoil()
    expect(await run('hello.mjs')).toMatchObject({ code: 0 })
    expect(await readNpmCalls()).toHaveLength(2)
  })

  it('installs once where two start together', async () => {
    await writeNpm(`setTimeout(() => { ${installing} }, 300)`)
    const both = await Promise.all([run('hello.mjs'), run('hello.mjs')])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    expect(await readNpmCalls()).toHaveLength(1)
  })

  it('takes over from an installation that died', async () => {
    await writeNpm(installing)
    const dead = spawn(process.execPath, ['-e', ''])
    await once(dead, 'exit')
    await mkdir(join(root, '.install.tmp'))
    await writeFile(join(root, '.install.tmp', 'pid'), String(dead.pid))
    expect(await run('hello.mjs')).toMatchObject({ code: 0 })
  })

  it('shows what npm said, and ends with 69, when the installation fails', async () => {
    await writeNpm(`console.error('npm error ENOTFOUND'); process.exit(1)`)
    const { code, stdout, stderr } = await run('hello.mjs')
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' })
    expect(stderr).toMatch(/npm error ENOTFOUND[\s\S]*are you offline\?/)
    expect(await readdir(root)).not.toContain('.install.tmp')
  })

  it('ends with the exit code of its program', async () => {
    await writeInstalled()
    await writeFile(join(root, 'seven.mjs'), 'process.exit(7)')
    expect(await run('seven.mjs')).toMatchObject({ code: 7, signal: null })
  })

  it('dies of the signal that its program died of', async () => {
    await writeInstalled()
    await writeFile(
      join(root, 'dies.mjs'),
      `process.kill(process.pid, 'SIGKILL'); setInterval(() => {}, 1000)`,
    )
    expect(await run('dies.mjs')).toMatchObject({ signal: 'SIGKILL' })
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('passes %s on and waits for the end', async (signal) => {
    await writeInstalled()
    await writeFile(
      join(root, 'waits.mjs'),
      `process.on('${signal}', () => setTimeout(() => { console.log('drained'); process.exit(0) }, 50))
console.log('up')
setInterval(() => {}, 1000)`,
    )
    const child = start('waits.mjs')
    await once(child.stdout, 'data')
    child.kill(signal)
    const [text] = (await once(child.stdout, 'data')) as [Buffer]
    expect(text.toString()).toBe('drained\n')
    expect(await once(child, 'close')).toEqual([0, null])
  })

  it('ends its program when the shell between npm and it is gone', async () => {
    await writeInstalled()
    await writeFile(
      join(root, 'waits.mjs'),
      `process.on('SIGTERM', () => { console.log('drained'); process.exit(0) })
console.log('up')
setInterval(() => {}, 1000)`,
    )
    const words = [process.execPath, join(root, 'scripts', 'bootstrap.mjs'), 'waits.mjs']
    const shell = spawn('sh', ['-c', `"${words.join('" "')}"; true`], {
      env: { ...process.env, npm_lifecycle_event: 'start' },
    })
    await once(shell.stdout, 'data')
    shell.kill('SIGTERM')
    const [text] = (await once(shell.stdout, 'data')) as [Buffer]
    expect(text.toString()).toBe('drained\n')
  })

  it('says how it is called when no program is named', async () => {
    expect(await run()).toMatchObject({ code: 64, stderr: expect.stringContaining('usage:') })
  })
})
