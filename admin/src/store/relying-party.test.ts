import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ProblemsError } from '../../../gatekeeper/src/lib/problem.ts'
import { type AdminStore, adminStorePath, openAdminStore } from './admin-store.ts'
import { addPasskey } from './passkeys.ts'
import { noteDomain, readDomain, requireSameDomain } from './relying-party.ts'

let stateDir: string
let store: AdminStore
beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'gk-rp-'))
  store = await openAdminStore(adminStorePath(stateDir))
})
afterEach(async () => {
  await store.close()
  rmSync(stateDir, { recursive: true, force: true })
})

const start = (rpId: string) => requireSameDomain(store, { stateDir, rpId })

async function addSome(count: number): Promise<void> {
  for (let at = 0; at < count; at++) {
    await addPasskey(store, {
      ...{ id: `p${at}`, person: 'ada', credential_id: `c${at}`, public_key: new Uint8Array([1]) },
      ...{ sign_count: 0, transports: '[]', label: 'a key', is_synced: 0 },
      ...{ created_at: 1, last_used_at: null },
    } as unknown as Parameters<typeof addPasskey>[1])
  }
}

describe('the domain of passkeys', () => {
  it('is written down at the first start, for this user alone', async () => {
    await start('console.localhost')
    expect(readDomain(stateDir)).toBe('console.localhost')
    expect(statSync(join(stateDir, 'admin/relying-party.json')).mode & 0o777).toBe(0o600)
  })

  it('may change while nobody has a passkey', async () => {
    await start('console.localhost')
    await start('console.example.com')
    expect(readDomain(stateDir)).toBe('console.example.com')
  })

  it('does not change silently: the start names how many passkeys die, and the command', async () => {
    await start('console.localhost')
    await addSome(3)
    await expect(start('console.example.com')).rejects.toBeInstanceOf(ProblemsError)
    await expect(start('console.example.com')).rejects.toMatchObject({
      problems: [
        {
          source: 'PASSKEY_RP_ID',
          what: expect.stringContaining('3 passkeys were made for console.localhost'),
          remedy: expect.stringContaining('npm run people -- move'),
        },
      ],
    })
    expect(readDomain(stateDir)).toBe('console.localhost')
    await start('console.localhost')
  })

  it('changes by the command', async () => {
    await start('console.localhost')
    await addSome(1)
    noteDomain({ stateDir, rpId: 'console.example.com' })
    await start('console.example.com')
  })

  it('that cannot be read is written again', async () => {
    noteDomain({ stateDir, rpId: 'a.example.com' })
    writeFileSync(join(stateDir, 'admin/relying-party.json'), '{')
    await start('console.example.com')
    expect(readDomain(stateDir)).toBe('console.example.com')
  })
})
