/** `npm run trust` with the real certutil of NSS, in the folder of a person who has nothing yet. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeCertificate } from '../../gatekeeper/test/support/certificate.ts'
import type { CommandResult } from '../caddy/run-command.ts'
import { changeTrust, describeByHand, findStores, readAuthority } from './change-trust.ts'

const root = resolve(import.meta.dirname, '../..')
const hasCertutil = spawnSync('certutil', ['-H']).error === undefined

let home: string
let stateDir: string
let caFile: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gk trust '))
  stateDir = join(home, 'state')
  const folder = join(stateDir, 'caddy/pki/authorities/local')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  caFile = join(folder, 'root.crt')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const writeAuthority = () =>
  writeFileSync(caFile, makeCertificate({ name: 'Our authority', isAuthority: true }).cert)

function run(...words: readonly string[]) {
  const program = [join(root, 'scripts/trust.ts'), ...words]
  const env = { PATH: process.env['PATH'], HOME: home, GATEKEEPER_STATE_DIR: stateDir }
  const { status, stdout, stderr } = spawnSync(process.execPath, program, {
    ...{ env, cwd: root, encoding: 'utf8', timeout: 60_000 },
  })
  return { status, stdout, stderr }
}

const listOf = (folder: string) =>
  execFileSync('certutil', ['-d', `sql:${folder}`, '-L'], { encoding: 'utf8' })

function makeProfile(name: string): string {
  const folder = join(home, '.mozilla/firefox', name)
  mkdirSync(folder, { recursive: true })
  execFileSync('certutil', ['-d', `sql:${folder}`, '-N', '--empty-password'])
  return folder
}

describe.skipIf(!hasCertutil)('npm run trust (needs certutil of NSS)', () => {
  it('adds the authority for websites alone, where Chromium and each profile of Firefox look', () => {
    writeAuthority()
    const profiles = [makeProfile('a.default'), makeProfile('b.work')]
    mkdirSync(join(home, '.mozilla/firefox/Crash Reports'))
    const { status, stdout, stderr } = run()
    expect([status, stderr]).toEqual([0, ''])
    expect(stdout.match(/^Trusted in /gm)).toHaveLength(3)
    for (const folder of [join(home, '.pki/nssdb'), ...profiles]) {
      expect(listOf(folder)).toMatch(/Gatekeeper authority [0-9a-f]{16} +C,,/)
    }
  })

  it('undoes exactly that: an authority of somebody else stays, and a second time is harmless', () => {
    writeAuthority()
    const folder = makeProfile('a.default')
    const foreign = join(home, 'foreign.crt')
    writeFileSync(foreign, makeCertificate({ name: 'Foreign', isAuthority: true }).cert)
    execFileSync('certutil', [
      ...['-d', `sql:${folder}`, '-A', '-t', 'C,,', '-n', 'Foreign', '-i', foreign],
    ])
    expect([run().status, run().status]).toEqual([0, 0])
    expect(run('--undo')).toMatchObject({ status: 0, stderr: '' })
    expect(listOf(folder)).not.toContain('Gatekeeper')
    expect(listOf(folder)).toContain('Foreign')
    expect(listOf(join(home, '.pki/nssdb'))).not.toContain('Gatekeeper')
    expect(run('--undo')).toMatchObject({ status: 0, stderr: '' })
  })

  it('changes nothing outside of those databases', () => {
    writeAuthority()
    run()
    expect(readdirSync(home).sort()).toEqual(['.pki', 'state'])
  })

  it('says what a database refuses, and ends with 1', () => {
    writeAuthority()
    mkdirSync(join(home, '.mozilla/firefox/broken'), { recursive: true })
    writeFileSync(join(home, '.mozilla/firefox/broken/cert9.db'), 'no database')
    const { status, stdout, stderr } = run()
    expect(status).toBe(1)
    expect(stdout).toContain('Trusted in Chromium')
    expect(stderr).toMatch(/Firefox \(.*broken\): /)
  })

  it('does nothing before there is a certificate', () => {
    expect(run()).toMatchObject({ status: 1, stderr: expect.stringContaining('npm start') })
    expect(readdirSync(home)).toEqual(['state'])
  })
})

describe('other systems', () => {
  const done: CommandResult = { status: 0, stdout: '', stderr: '', errorCode: null }

  /** Runs an act on a machine that only notes its commands. */
  async function note(platform: string, act: 'add' | 'remove', stdout = '') {
    writeAuthority()
    const commands: string[] = []
    const machine = {
      ...{ platform, home },
      run: async (command: string, words: readonly string[]) => {
        commands.push([command, ...words].join(' '))
        // Neither has the certutil of NSS.
        return words[0] === '--version'
          ? { ...done, status: null, errorCode: 'ENOENT' }
          : { ...done, stdout }
      },
    }
    const authority = await readAuthority(caFile)
    if (authority === null) throw new Error('no authority')
    await changeTrust(await findStores(machine), authority, act)
    return { commands: commands.filter((line) => !line.endsWith('--version')), authority }
  }

  it('macOS: the login keychain of this user, for TLS alone', async () => {
    const keychain = join(home, 'Library/Keychains/login.keychain-db')
    const { commands } = await note('darwin', 'add')
    expect(commands).toEqual([
      `security add-trusted-cert -r trustRoot -p ssl -k ${keychain} ${caFile}`,
    ])
  })

  it('macOS: removes no other certificate', async () => {
    const { commands } = await note('darwin', 'remove')
    expect(commands).toEqual([expect.stringContaining('security find-certificate')])
  })

  it('Windows: the store of this user, by the thumbprint', async () => {
    expect((await note('win32', 'add')).commands).toEqual([
      `certutil -user -addstore Root ${caFile}`,
    ])
    const { commands, authority } = await note('win32', 'remove')
    expect(commands.at(-1)).toBe(`certutil -user -delstore Root ${authority.thumbprint}`)
  })

  it('Linux without certutil: says what to install, and how to do it by hand', async () => {
    const { commands } = await note('linux', 'add')
    expect(commands).toEqual([])
    expect(describeByHand({ platform: 'linux' }, caFile).join('\n')).toMatch(
      /libnss3-tools[\s\S]*root\.crt/,
    )
  })
})
