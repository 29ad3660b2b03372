import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { now, openCloneForEach } from '../../test/clone.ts'
import { certificates } from './certificates.ts'

const clone = openCloneForEach()

const dayMs = 24 * 60 * 60 * 1000
const hasOpenssl = canRun('openssl')

function canRun(command: string): boolean {
  try {
    execFileSync(command, ['version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A certificate that is valid for 90 days from now on, as the machine has it. */
async function makeCertificate(name: string): Promise<void> {
  const path = join(clone.folder, '.gatekeeper/caddy', name)
  await mkdir(dirname(path), { recursive: true })
  const what = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const where = ['-days', '90', '-subj', '/CN=a', '-keyout', '/dev/null', '-out', path]
  execFileSync('openssl', ['req', ...what, ...where], { stdio: 'ignore' })
}

const inDays = (days: number) => ({ clock: () => Date.now() + days * dayMs })
const site = 'certificates/acme-v02.api.letsencrypt.org-directory/ai.example.com/ai.example.com.crt'
const root = 'pki/authorities/local/root.crt'

describe('certificates', () => {
  it('of which there are none are right', async () => {
    expect(await clone.examine(certificates)).toEqual([])
  })

  it('that are none are an error', async () => {
    await clone.write(`.gatekeeper/caddy/${root}`, 'nothing')
    expect(await clone.examine(certificates, {}, { clock: () => now })).toMatchObject([
      { level: 'error', what: 'is no certificate' },
    ])
  })
})

describe.skipIf(!hasOpenssl)('certificates (needs openssl)', () => {
  it.each([
    { name: site, days: 1, found: [] },
    { name: site, days: 80, found: [{ level: 'warning', what: 'expires in 9 days' }] },
    { name: site, days: 91, found: [{ level: 'error', what: 'has expired' }] },
    { name: site, days: -2, found: [{ level: 'error', remedy: 'Set the clock.' }] },
    { name: root, days: 1, found: [] },
    { name: root, days: 40, found: [{ level: 'warning' }] },
    // Half a day long, and renewed at every start.
    { name: 'certificates/local/localhost/localhost.crt', days: 91, found: [] },
  ])('$name after $days of 90 days', async ({ name, days, found }) => {
    await makeCertificate(name)
    expect(await clone.examine(certificates, {}, inDays(days))).toMatchObject(found)
  })
})
