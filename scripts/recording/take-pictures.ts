/** Pictures of the console with keys in use: the overview in the dark theme, keys in the light one. */
import { createHash, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrowserContext, chromium } from 'playwright-core'
import { adminStorePath, openAdminStore } from '../../admin/src/store/admin-store.ts'
import { createSession } from '../../admin/src/store/change-sessions.ts'
import type { Halves } from '../../admin/src/store/sessions.ts'
import type { Setup } from '../test/launch.ts'
import { fillDay } from './fill-day.ts'
import { newKeys, type PictureKey } from './picture-keys.ts'
import { sendRequests } from './send-requests.ts'
import { startSlowModel } from './slow-model.ts'

export type PictureDeps = {
  readonly setup: Setup
  /** Runs `npm run keys` with these words and returns what it prints. */
  readonly runKeys: (words: readonly string[]) => Promise<string>
  /** The program of Chromium. */
  readonly browser: string
}

type Picture = {
  readonly file: string
  readonly path: string
  readonly colorScheme: 'dark' | 'light'
}

const pictures: readonly Picture[] = [
  { file: 'docs/console-overview.png', path: '/', colorScheme: 'dark' },
  { file: 'docs/console-keys.png', path: '/keys', colorScheme: 'light' },
]
/** With the key of a provider there is a service of it; none is called. */
export const provider = { OPENAI_API_KEY: 'not-a-key' } as const
const owner = 'ada0000000'

/** Starts an installation with two days of traffic, and writes the pictures; returns their names. */
export async function takePictures(root: string, deps: PictureDeps): Promise<readonly string[]> {
  const { setup, browser } = deps
  const keys = await makeKeys(deps)
  writePeople(setup)
  mkdirSync(join(setup.folder, 'state'), { recursive: true, mode: 0o700 })
  await fillDay({ folder: join(setup.folder, 'state'), keys, endAt: Date.now() - 60_000 })
  const model = await startSlowModel()
  try {
    const env = { ...provider, OLLAMA_URL: model.url, GATEKEEPER_DEMO: '0' }
    const launch = setup.launch({ env })
    await launch.ready()
    while (!launch.stdout().includes('admin ready')) await sleep(100)
    const leave = await sendRequests(setup, keys)
    await shoot(root, { setup, browser })
    leave()
  } finally {
    await model.close()
  }
  return pictures.map(({ file }) => file)
}

async function makeKeys({ runKeys }: PictureDeps): Promise<readonly PictureKey[]> {
  const keys: PictureKey[] = []
  for (const wanted of newKeys) {
    const printed = await runKeys(['add', '--user', wanted.user, ...wanted.words])
    const [secret = '', id = ''] = /gk_([0-9a-z]{10})_\w{49}/.exec(printed) ?? []
    if (wanted.isDisabled) await runKeys(['disable', id])
    keys.push({ ...wanted, id, secret })
  }
  return keys
}

function writePeople({ folder }: Setup): void {
  const ada = { name: 'ada', title: 'Ada Lovelace', role: 'owner', disabled: false }
  const rest = { serviceEmail: null, access: null, logins: [], createdAt: '2026-01-31T12:00:00Z' }
  const document = { version: 1, people: { [owner]: { ...ada, ...rest } } }
  writeFileSync(join(folder, 'keys/people.json'), `${JSON.stringify(document, null, 2)}\n`)
}

async function shoot(
  root: string,
  { setup, browser }: Pick<PictureDeps, 'setup' | 'browser'>,
): Promise<void> {
  const halves = await signIn(setup)
  const running = await chromium.launch({
    executablePath: browser,
    args: [
      '--host-resolver-rules=MAP console.localhost 127.0.0.1',
      // Trusts the authority of this one installation, which no store of this user has.
      `--ignore-certificate-errors-spki-list=${fingerprintOf(setup)}`,
    ],
  })
  try {
    for (const { file, path, colorScheme } of pictures) {
      const url = `https://console.localhost:${setup.consolePort}`
      const viewport = { width: 1280, height: 740 }
      const context = await running.newContext({ viewport, colorScheme })
      await addSession(context, { halves, url })
      const page = await context.newPage()
      await page.goto(url + path)
      await page.locator('.me .name').waitFor()
      // Charts and live figures come a moment later.
      await sleep(3_000)
      await page.screenshot({ path: join(root, file) })
      await context.close()
    }
  } finally {
    await running.close()
  }
}

async function signIn({ folder }: Setup): Promise<Halves> {
  const store = await openAdminStore(adminStorePath(join(folder, 'state')))
  const from = { method: 'passkey', address: '127.0.0.1', agent: null }
  const halves = await createSession(store, { person: owner, ...from }, Date.now())
  await store.close()
  return halves
}

async function addSession(
  context: BrowserContext,
  { halves, url }: { readonly halves: Halves; readonly url: string },
): Promise<void> {
  const cookie = { name: '__Host-gk_session', value: halves.cookie, url }
  await context.addCookies([{ ...cookie, secure: true, httpOnly: true, sameSite: 'Strict' }])
  await context.addInitScript(`localStorage.setItem('gatekeeper.session', '${halves.half}')`)
}

/** Of the authority's intermediate certificate, which Caddy sends with each certificate. */
function fingerprintOf({ folder }: Setup): string {
  const file = join(folder, 'state/caddy/pki/authorities/local/intermediate.crt')
  const { publicKey } = new X509Certificate(readFileSync(file))
  const der = publicKey.export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64')
}
