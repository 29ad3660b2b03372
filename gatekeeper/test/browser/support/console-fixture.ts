/**
 * The console for a browser test: stack, admin process, built pages, a person of each role, and a
 * Chromium that trusts our root. A person is signed in by a session that is written into
 * `admin.db`, since the sign-in itself has tests of its own.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { adminStorePath, openAdminStore } from '../../../../admin/src/store/admin-store.ts'
import { createSession } from '../../../../admin/src/store/change-sessions.ts'
import type { Halves } from '../../../../admin/src/store/sessions.ts'
import { buildConsole } from '../../../../console/build.ts'
import type { PersonRole } from '../../../src/model/person.ts'
import { startConsole, type TestConsole } from '../../support/console.ts'
import { makeKey, type TestKey } from '../../support/keys.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import { type OwnChromium, startChromium } from './chromium.ts'
import type { BrowserPrograms } from './install.ts'
import { type Strictness, watchStrictly } from './strictness.ts'

const root = resolve(import.meta.dirname, '../../../..')

export type ConsoleFixture = {
  readonly stack: Stack
  readonly console: TestConsole
  readonly url: string
  readonly keys: readonly TestKey[]
  /** A page in a context of its own, signed in as that role; null opens it signed out. */
  readonly open: (
    path: string,
    as: PersonRole | null,
    options?: BrowserContextOptions,
  ) => Promise<ConsolePage>
  readonly closePages: () => Promise<void>
  /** Where pictures go: `GATEKEEPER_SCREENSHOTS`, or a folder that is printed. */
  readonly pictures: string
  readonly stop: () => Promise<void>
}

export type ConsolePage = { readonly page: Page; readonly strictness: Strictness }

const roles: readonly PersonRole[] = ['owner', 'admin', 'auditor', 'member']

/** Keys of several people, one of them made by the member. */
function makeKeys(): readonly TestKey[] {
  const limits = ['60/minute', '2000000-tokens/day']
  return [
    makeKey({ user: 'owner', description: 'laptop', role: 'admin' }),
    makeKey({ user: 'open-webui', description: 'names its people', limits }),
    makeKey({ user: 'home-assistant', description: 'kitchen', services: ['ollama', 'whisper'] }),
    makeKey({ user: 'guest', disabled: true }),
    makeKey({ user: 'member', description: 'phone', madeBy: personId('member'), limits }),
    makeKey({ user: 'old-tablet', role: 'readonly', expiresAt: '2027-01-01T00:00:00Z' }),
  ]
}

export async function startConsoleFixture(
  programs: BrowserPrograms | null,
): Promise<ConsoleFixture> {
  await buildConsole({ root, log: () => {} })
  const keys = makeKeys()
  const stack = await startStack({ keys })
  writePeople(stack)
  const site = await startConsole(stack)
  await makeTraffic(stack, keys)
  const chromium = await startChromium(programs, {
    caFile: stack.caFile,
    hosts: { 'console.localhost': '127.0.0.1' },
  })
  const sessions = await makeSessions(stack)
  const contexts: BrowserContext[] = []
  return {
    ...{ stack, console: site, url: site.url, keys, pictures: picturesFolder() },
    open: async (path, as, options = {}) => {
      const context = await openContext(chromium, options)
      contexts.push(context)
      const halves = as === null ? undefined : sessions.get(as)
      if (halves !== undefined) await signIn(context, { halves, url: site.url })
      const page = await context.newPage()
      const strictness = await watchStrictly(page, site.url)
      await page.goto(`${site.url}${path}`)
      return { page, strictness }
    },
    closePages: async () => {
      await Promise.all(contexts.splice(0).map((context) => context.close()))
    },
    stop: async () => {
      await chromium.stop()
      await site.stop()
      await stack.stop()
    },
  }
}

async function openContext(chromium: OwnChromium, options: BrowserContextOptions) {
  return await chromium.openContext({ viewport: { width: 1280, height: 860 }, ...options })
}

type SignIn = { readonly halves: Halves; readonly url: string }

/** Makes a session for each role; a test that ends one takes a role that no other test has. */
async function makeSessions(stack: Stack): Promise<ReadonlyMap<PersonRole, Halves>> {
  const store = await openAdminStore(adminStorePath(stack.stateDir))
  const from = { method: 'passkey', address: '127.0.0.1', agent: null }
  const sessions = new Map<PersonRole, Halves>()
  for (const role of roles) {
    const signedIn = { ...from, person: personId(role) }
    sessions.set(role, await createSession(store, signedIn, Date.now()))
  }
  await store.close()
  return sessions
}

/** Gives the context both halves of a session. */
async function signIn(context: BrowserContext, { halves, url }: SignIn): Promise<void> {
  const { cookie, half } = halves
  await context.addCookies([
    {
      name: '__Host-gk_session',
      value: cookie,
      url,
      secure: true,
      httpOnly: true,
      sameSite: 'Strict',
    },
  ])
  await context.addInitScript((secret) => {
    // Once: a page that signs out must stay signed out.
    if (sessionStorage.getItem('seeded') === null) {
      localStorage.setItem('gatekeeper.session', secret)
    }
    sessionStorage.setItem('seeded', 'yes')
  }, half)
}

/** Ids have ten characters. */
function personId(role: PersonRole): string {
  return role.padEnd(10, '0')
}

function writePeople(stack: Stack): void {
  const access = { role: 'readwrite', services: ['ollama'], models: [], limits: [] }
  const people = roles.map((role) => [
    personId(role),
    {
      name: role,
      title: `${role[0]?.toUpperCase()}${role.slice(1)} Lovelace`,
      role,
      disabled: false,
      serviceEmail: null,
      access: role === 'auditor' ? null : access,
      logins: [],
      createdAt: '2026-01-01T00:00:00Z',
    },
  ])
  const text = JSON.stringify({ version: 1, people: Object.fromEntries(people) }, null, 2)
  writeFileSync(join(dirname(stack.keysFile), 'people.json'), `${text}\n`)
}

/** Requests that are answered and some that are refused, for the figures. */
async function makeTraffic(stack: Stack, keys: readonly TestKey[]): Promise<void> {
  const chat = { model: 'llama3.2', messages: [{ role: 'user', content: 'Hello' }], stream: false }
  for (const { key } of keys.slice(0, 3)) {
    await stack.send('/api/chat', { method: 'POST', key, json: chat })
  }
  await stack.send('/api/pull', { method: 'POST', key: keys[1]?.key ?? '', json: { model: 'x' } })
  await stack.send('/api/chat', { method: 'POST', key: keys[3]?.key ?? '', json: chat })
  await stack.send('/api/tags')
}

function picturesFolder(): string {
  const named = process.env['GATEKEEPER_SCREENSHOTS'] ?? ''
  const folder = named === '' ? mkdtempSync(join(tmpdir(), 'gk-pictures-')) : named
  mkdirSync(folder, { recursive: true })
  process.stdout.write(`pictures of the console: ${folder}\n`)
  return folder
}
