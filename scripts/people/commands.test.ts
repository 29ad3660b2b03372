/** The commands about the people of the console, as processes, on real files. */
import {
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { adminStorePath, openAdminStore } from '../../admin/src/store/admin-store.ts'
import { spendCode } from '../../admin/src/store/codes.ts'
import { redeemCode } from '../../admin/src/store/invitations.ts'
import { addPasskey } from '../../admin/src/store/passkeys.ts'
import { addKey } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { addPerson, type NewPerson } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { startChild } from '../../gatekeeper/test/support/child.ts'
import { runKeys } from '../test/run-keys.ts'

const script = resolve(import.meta.dirname, '../people.ts')
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk people '))
  mkdirSync(join(folder, 'keys'))
  const ollama = 'ollama: {kind: ollama, aliases: [chat], routes: [{prefix: /api}]}'
  writeFileSync(join(folder, 'gatekeeper.yaml'), `version: 1\nservices:\n  ${ollama}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function people(...words: string[]) {
  const child = startChild(process.execPath, [script, ...words], {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: folder,
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
    GATEKEEPER_CONSOLE_SITE: 'console.example.com',
  })
  const chunks: Buffer[] = []
  child.process.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((ended) => child.process.once('close', ended))
  return { code, said: child.output(), out: Buffer.concat(chunks).toString('utf8') }
}

const json = async (...words: string[]) => JSON.parse((await people(...words, '--json')).out)
const file = () => join(folder, 'keys/people.json')
const deps = { clock: Date.now, record: async () => {} }
const add = (name: string, over: Partial<NewPerson> = {}) =>
  addPerson(file(), { name, title: null, role: 'owner', access: null, ...over }, deps)

async function redeem(link: string) {
  const store = await openAdminStore(adminStorePath(folder))
  try {
    return await redeemCode(store, new URL(link).hash.slice(1), Date.now())
  } finally {
    await store.close()
  }
}

describe('npm run people -- invite', () => {
  it('prints a link with its code in the fragment; the code is stored as a hash, and works once', async () => {
    const { link, kind } = await json('invite', 'ada', '--role', 'owner')
    expect(link).toMatch(/^https:\/\/console\.example\.com:8444\/welcome#[A-Za-z0-9_-]{43}$/)
    expect(kind).toBe('setup')
    const database = readFileSync(adminStorePath(folder))
    expect(database.includes(new URL(link).hash.slice(1))).toBe(false)
    expect(statSync(adminStorePath(folder)).mode & 0o077).toBe(0)
    expect(await redeem(link)).toMatchObject({ invitation: { name: 'ada', role: 'owner' } })
    expect(await redeem(link)).toBeNull()
  })

  it('ends the earlier links of a name', async () => {
    const [first, second] = [
      await json('invite', 'a', '--role', 'owner'),
      await json('invite', 'a', '--role', 'owner'),
    ]
    expect(await redeem(first.link)).toBeNull()
    expect(await redeem(second.link)).not.toBeNull()
  })

  it('keeps what the new person may use, and records the invitation without its code', async () => {
    await add('ada')
    const words = [
      '--title',
      'Bob Ross',
      '--service',
      'chat,*',
      '--model',
      'm*',
      '--limit',
      '5/day',
    ]
    const { link, kind } = await json('invite', 'bob', ...words)
    expect(kind).toBe('invite')
    const found = await redeem(link)
    expect(found?.invitation).toMatchObject({
      name: 'bob',
      role: 'member',
      title: 'Bob Ross',
      person: null,
    })
    const access = {
      role: 'readwrite',
      services: ['*', 'ollama'],
      models: ['m*'],
      limits: ['5/day'],
    }
    expect(JSON.parse(found?.invitation.access ?? '')).toEqual(access)
    const acts = globSync('audit/acts*', { cwd: folder }).map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    )
    expect(acts.join('')).toContain('person.invited')
    expect(acts.join('')).not.toContain(new URL(link).hash.slice(1))
  })

  it.each([
    [['invite'], 64],
    [['invite', 'a', 'b'], 64],
    [['invite', 'shop:bob'], 64],
    [['invite', 'bob', '--role', 'root'], 64],
    [['invite', 'bob', '--service', 'gone'], 64],
    [['invite', 'bob', '--limit', '5/day'], 64],
    [['invite', 'bob', '--service', '*', '--access-role', 'root'], 64],
    [['invite', 'ada'], 1],
  ])('%j is refused', async (words, code) => {
    await add('ada')
    expect((await people(...words)).code).toBe(code)
  })

  it('makes nobody but an owner the first person', async () => {
    expect(await people('invite', 'bob')).toMatchObject({
      code: 64,
      said: expect.stringContaining('owner'),
    })
  })
})

describe('npm run people -- reset', () => {
  it('takes the only owner, or the person who is named', async () => {
    const ada = await add('ada')
    const bob = await add('bob', { role: 'member' })
    const reset = async (...words: string[]) => {
      const { link } = await json('reset', ...words)
      return (await redeem(link))?.invitation
    }
    expect(await reset()).toMatchObject({ kind: 'reset', person: ada.id })
    expect(await reset('bob')).toMatchObject({ kind: 'reset', person: bob.id, role: 'member' })
    expect((await people('reset', 'eve')).code).toBe(1)
  })
})

describe('npm run people -- code', () => {
  it('makes a code for a sign-in, or for one act alone', async () => {
    const { id } = await add('ada')
    const signin = await json('code', 'ada')
    const act = await json('code', 'ada', '--for', 'person.invite')
    expect(signin.code).toMatch(/^[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}$/)
    const store = await openAdminStore(adminStorePath(folder))
    const spend = (typed: string, named: string | null) =>
      spendCode(
        store,
        {
          typed,
          purpose: named === null ? { act: null } : { act: named, person: id, target: null },
        },
        Date.now(),
      )
    expect(await spend(act.code, null)).toBeNull()
    expect(await spend(act.code, 'person.role')).toBeNull()
    expect(await spend(act.code, 'person.invite')).toBe(id)
    expect(await spend(signin.code, null)).toBe(id)
    await store.close()
    expect((await people('code', 'ada', '--for', 'person.everything')).code).toBe(64)
  })
})

describe('npm run people', () => {
  it('lists people with what they made', async () => {
    const { id } = await add('ada', { title: 'Ada L.' })
    await addKey(
      join(folder, 'keys/keys.json'),
      { user: 'ada', role: 'admin', services: ['ollama'], expiresAt: null, madeBy: id },
      { clock: Date.now, known: { serviceNameOf: (name) => name } },
    )
    const [listed] = await json('list')
    expect(listed).toMatchObject({ id, name: 'ada', role: 'owner', keys: [expect.any(String)] })
    expect((await people('list')).said).toMatch(
      /ada +owner +active +no service +1 +0 +never +Ada L\./,
    )
  })

  it('disables a person with what stops, and enables them again', async () => {
    await add('ada')
    const bob = await add('bob', { role: 'member' })
    const { id: key } = await addKey(
      join(folder, 'keys/keys.json'),
      { user: 'bob', role: 'readonly', services: ['ollama'], expiresAt: null, madeBy: bob.id },
      { clock: Date.now, known: { serviceNameOf: (name) => name } },
    )
    const disabled = await json('disable', 'bob', '--yes')
    expect(disabled).toMatchObject({ disabled: true, stopped: { keys: [key], clients: [] } })
    expect(await json('enable', 'bob')).toMatchObject({ disabled: false })
    expect(await json('role', 'bob', 'owner')).toMatchObject({ role: 'owner' })
    expect(await json('access', 'bob', '--service', '*')).toMatchObject({
      access: { services: ['*'] },
    })
    expect(await json('access', 'bob', '--none')).toMatchObject({ access: null })
  })

  it('are of a team that they are invited to or put into, and owners are of none', async () => {
    await add('ada')
    const bob = await add('bob', { role: 'member', team: 'red' })
    expect((await people('list')).said).toMatch(/TEAM[\s\S]*bob .*red/)
    expect((await people('role', 'bob', 'owner')).said).toContain('team bob --none')
    expect(await json('team', 'bob', 'blue')).toMatchObject({ id: bob.id, team: 'blue' })
    expect(await json('team', 'bob', '--none')).toMatchObject({ team: null })
    expect((await people('team', 'ada', 'red')).said).toContain('ada is an owner')
    expect((await people('team', 'bob', 'Red Team')).code).toBe(64)
    const { link } = await json('invite', 'eve', '--team', 'red')
    expect(await redeem(link)).toMatchObject({ invitation: { name: 'eve', team: 'red' } })
    expect((await people('invite', 'eva', '--team', 'red', '--role', 'owner')).code).toBe(64)
  })

  it('are named by keys that they made, with why those are refused', async () => {
    const bob = await add('bob', {
      access: { role: 'readwrite', services: ['*'], models: [], limits: [] },
    })
    const keys = (...words: string[]) =>
      runKeys(folder, words, { env: { GATEKEEPER_STATE_DIR: folder } })
    const options = ['add', '--user', 'ci', '--service', 'ollama']
    const made = await keys(...options, '--made-by', 'bob', '--json')
    const { id, key } = JSON.parse(made.out)
    expect(JSON.parse((await keys('show', id, '--json')).out)).toMatchObject({ madeBy: bob.id })
    expect((await keys('list')).out).toMatch(/MADE BY[\s\S]*bob/)
    expect((await runKeys(folder, ['verify'], { input: key })).code).toBe(0)
    await add('ada')
    await people('disable', 'bob', '--yes')
    expect((await keys('show', id)).out).toMatch(/made by +bob \(disabled, so it is refused\)/)
    const verified = await runKeys(folder, ['verify'], { input: key })
    expect([verified.code, verified.out]).toEqual([1, expect.stringContaining('disabled')])
    expect((await keys(...options, '--made-by', 'bbo')).err).toContain('did you mean bob')
  })

  it('refuses to disable or demote the last owner', async () => {
    await add('ada')
    for (const words of [
      ['disable', 'ada', '--yes'],
      ['role', 'ada', 'admin'],
    ]) {
      const { code, said } = await people(...words)
      expect([code, said]).toEqual([1, expect.stringContaining('last owner')])
    }
  })

  it('says where a broken file is broken, and changes nothing', async () => {
    const text = '{"version": 1, "people": {\n"aaaaaaaaaa": {"name": "ada", "role": "root"}}}'
    writeFileSync(file(), text)
    const { code, said } = await people('role', 'ada', 'owner')
    expect([code, said]).toEqual([78, expect.stringMatching(/people\.json:2/)])
    expect(readFileSync(file(), 'utf8')).toBe(text)
  })
})

describe('the data of a person of the console', () => {
  const filesWith = (text: string) =>
    globSync('**/*', { cwd: folder }).filter((name) => {
      const path = join(folder, name)
      return statSync(path).isFile() && readFileSync(path).includes(text)
    })

  async function meetZoe(): Promise<void> {
    await add('ada')
    const { id } = await add('zoe-quist', { role: 'member', title: 'Zoe Quist' })
    await people('reset', 'zoe-quist')
    const store = await openAdminStore(adminStorePath(folder))
    await addPasskey(store, {
      ...{ id: 'pppppppppp', credential_id: 'c', person: id, public_key: 'k', sign_count: 0 },
      ...{ transports: '[]', is_synced: 0, label: 'phone of zoe-quist', created_at: 1 },
      last_used_at: null,
    })
    await store.close()
    // A version of people.json that is kept has the name, too.
    await people('role', 'zoe-quist', 'auditor')
  }

  it('is exported with sign-in, without a secret', async () => {
    await meetZoe()
    const copy = JSON.parse((await people('export', 'zoe-quist')).out)
    expect(copy).toMatchObject({
      person: { name: 'zoe-quist', title: 'Zoe Quist', role: 'auditor' },
      signin: { passkeys: [{ label: 'phone of zoe-quist' }], sessions: [] },
    })
    expect(JSON.stringify(copy)).not.toMatch(/sha256|public_key/)
  })

  it('is in no file after an erasure', async () => {
    await meetZoe()
    expect(filesWith('zoe-quist').length).toBeGreaterThan(2)
    const { code, said } = await people('erase', 'zoe-quist')
    expect([code, said]).toEqual([0, expect.stringContaining('person of the console removed')])
    expect(filesWith('zoe-quist')).toEqual([])
    expect(filesWith('Zoe Quist')).toEqual([])
    expect(await json('list')).toHaveLength(1)
  })

  it('of the last owner stays, with everything', async () => {
    await add('ada')
    const { code, said } = await people('erase', 'ada')
    expect([code, said]).toEqual([1, expect.stringContaining('last owner')])
    expect(await json('list')).toHaveLength(1)
  })
})
