/** `people -- move` as a process: what a new name of the console ends, and for whom. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminStorePath, openAdminStore } from '../../admin/src/store/admin-store.ts'
import { redeemCode } from '../../admin/src/store/invitations.ts'
import { addPasskey, countPasskeys } from '../../admin/src/store/passkeys.ts'
import { noteDomain, readDomain } from '../../admin/src/store/relying-party.ts'
import { addPerson } from '../../gatekeeper/src/operations/people/people-writer.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk move '))
  mkdirSync(join(folder, 'keys'))
  const ollama = 'ollama: {kind: ollama, routes: [{prefix: /api}]}'
  writeFileSync(join(folder, 'gatekeeper.yaml'), `version: 1\nservices:\n  ${ollama}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function move(...words: string[]) {
  const env = {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: folder,
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
    GATEKEEPER_CONSOLE_SITE: 'console.example.com',
  }
  const script = resolve(import.meta.dirname, '../people.ts')
  const options = { env, encoding: 'utf8', timeout: 60_000 } as const
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [script, 'move', ...words],
    options,
  )
  return { status, stdout, stderr }
}

async function addWithPasskey(name: string): Promise<void> {
  const wanted = { name, title: null, role: 'owner', access: null } as const
  const deps = { clock: Date.now, record: async () => {} }
  const { id } = await addPerson(join(folder, 'keys/people.json'), wanted, deps)
  await withStore((store) =>
    addPasskey(store, {
      ...{ id: `key-of-${name}`, credential_id: name, person: id, public_key: 'k', sign_count: 0 },
      ...{ transports: '[]', is_synced: 0, label: 'phone', created_at: 1, last_used_at: null },
    }),
  )
}

async function withStore<T>(
  use: (store: Awaited<ReturnType<typeof openAdminStore>>) => Promise<T>,
): Promise<T> {
  const store = await openAdminStore(adminStorePath(folder))
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

describe('people -- move', () => {
  it('shows first what would end, and changes nothing', async () => {
    noteDomain({ stateDir: folder, rpId: 'console.localhost' })
    await addWithPasskey('ada')
    const { status, stdout, stderr } = move()
    expect([status, stderr]).toEqual([0, 'people: Add --yes to do it.\n'])
    expect(stdout).toMatch(/From console\.localhost to console\.example\.com .*\nada: 1\n/)
    expect(readDomain(folder)).toBe('console.localhost')
  })

  it('ends all passkeys, and gives each person a link that works once', async () => {
    noteDomain({ stateDir: folder, rpId: 'console.localhost' })
    for (const name of ['ada', 'bob']) await addWithPasskey(name)
    const { status, stdout } = move('--yes')
    expect(status).toBe(0)
    const codes = [
      ...stdout.matchAll(/^\w+: https:\/\/console\.example\.com:8444\/welcome#(\S+)$/gm),
    ]
    expect(codes).toHaveLength(2)
    expect(readDomain(folder)).toBe('console.example.com')
    await withStore(async (store) => {
      expect([...(await countPasskeys(store))]).toEqual([])
      for (const [, code = ''] of codes) {
        expect((await redeemCode(store, code, Date.now()))?.invitation.kind).toBe('reset')
        expect(await redeemCode(store, code, Date.now())).toBeNull()
      }
    })
  })

  it('does nothing where the domain is the same', async () => {
    noteDomain({ stateDir: folder, rpId: 'console.example.com' })
    await addWithPasskey('ada')
    expect(move('--yes').stdout).toContain('Nothing has changed.')
    await withStore(async (store) => expect((await countPasskeys(store)).size).toBe(1))
  })
})
