import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import { makeCertificate } from '../../gatekeeper/test/support/certificate.ts'
import { offerTrust } from './offer-trust.ts'
import { caFileOf } from './wait-until-ready.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-offer-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Offers it on a machine with one store, whose commands are noted. */
async function offer(answer: string | null, env: Record<string, string> = {}) {
  const all = { GATEKEEPER_STATE_DIR: join(folder, 'state'), ...env }
  const source = { env: all, folder, platform: 'linux', readFile: () => '' }
  const { settings } = readSettings(source)
  mkdirSync(join(caFileOf(settings), '..'), { recursive: true })
  writeFileSync(caFileOf(settings), makeCertificate({ isAuthority: true }).cert)
  const commands: string[] = []
  const said: string[] = []
  const run = async (command: string, words: readonly string[]) => {
    if (words[0] !== '--version') commands.push(`${command} ${words.join(' ')}`)
    return { status: 0, stdout: '', stderr: '', errorCode: null }
  }
  let asked = 0
  const ask = async () => {
    asked += 1
    return answer ?? ''
  }
  await offerTrust(settings, {
    machine: { platform: 'linux', home: folder, run },
    ask: answer === null ? null : ask,
    say: (line) => said.push(line),
  })
  return { commands, asked, said: said.join('\n') }
}

describe('trust in our authority', () => {
  it.each(['', 'n', 'no', 'x', ' '])(
    'is not given by the answer %j, and not asked for again',
    async (no) => {
      const first = await offer(no)
      expect([first.asked, first.commands]).toEqual([1, []])
      expect(first.said).toContain('Later: npm run trust')
      expect(await offer('y')).toEqual({ asked: 0, commands: [], said: '' })
    },
  )

  it.each(['y', 'Y', ' yes '])('is given by the answer %j, once', async (yes) => {
    const { commands, said } = await offer(yes)
    expect(commands.at(-1)).toContain('certutil -d sql:')
    expect(said).toContain('npm run trust -- --undo')
    expect(JSON.parse(readFileSync(join(folder, 'state/trust.json'), 'utf8'))).toEqual({
      ...{ version: 1, answer: 'yes' },
    })
    expect((await offer('y')).asked).toBe(0)
  })

  it('says what it means before it asks: where the key of the authority is', async () => {
    expect((await offer('n')).said).toMatch(/authority of this installation \(its key: .*pki/)
  })

  it('is named as a command where nobody can be asked', async () => {
    const { commands, said } = await offer(null)
    expect([commands, said]).toEqual([[], expect.stringContaining('npm run trust')])
  })

  it('is no question where the console has a public certificate', async () => {
    const env = { GATEKEEPER_CONSOLE_SITE: 'console.example.com' }
    expect(await offer('y', env)).toEqual({ asked: 0, commands: [], said: '' })
  })
})
