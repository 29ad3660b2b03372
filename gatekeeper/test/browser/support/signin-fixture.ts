/**
 * The console before anybody can sign in, with pages of other origins beside it, and a Chromium with
 * authenticators in software. Links come from the command, as an operator gets them.
 */
import { join, resolve } from 'node:path'
import type { BrowserContext, CDPSession, Page } from 'playwright-core'
import { buildConsole } from '../../../../console/build.ts'
import { startChild } from '../../support/child.ts'
import { startConsole, type TestConsole } from '../../support/console.ts'
import { freePort } from '../../support/free-port.ts'
import { readChainOf } from '../../support/read-chain.ts'
import { type Stack, type StackOptions, startStack } from '../../support/stack.ts'
import { startChromium } from './chromium.ts'
import type { BrowserPrograms } from './install.ts'
import { type Strictness, watchStrictly } from './strictness.ts'

const root = resolve(import.meta.dirname, '../../../..')

/** A page of another site. */
export const stranger = 'https://stranger.example'

const site = (address: string) => `
${address} {
	tls internal
	header Content-Type "text/html; charset=utf-8"
	respond "<!doctype html><title>a page</title><body></body>"
}
`

export type Act = Readonly<Record<string, unknown>> & { readonly event: string }

/** A browser of one person, with one authenticator at a time. */
export type PersonBrowser = {
  readonly context: BrowserContext
  readonly page: Page
  readonly strictness: Strictness
  /** Takes the authenticator away, with its passkeys, and gives a new one. */
  readonly changeAuthenticator: () => Promise<void>
  /** Keeps the authenticator and gives the one that was there before. */
  readonly takeBack: () => Promise<void>
}

export type SigninFixture = {
  readonly stack: Stack
  readonly console: TestConsole
  readonly url: string
  /** A page of another port of the console's host, which browsers call the same site. */
  readonly neighbour: string
  readonly openBrowser: () => Promise<PersonBrowser>
  /** Runs `npm run people -- WORDS --json` and returns its document. */
  readonly people: (...words: readonly string[]) => Promise<Record<string, string>>
  /** The acts on record. */
  readonly acts: () => readonly Act[]
  readonly stop: () => Promise<void>
}

export async function startSigninFixture(
  programs: BrowserPrograms | null,
  options: Pick<StackOptions, 'config'> = {},
): Promise<SigninFixture> {
  await buildConsole({ root, log: () => {} })
  const neighbour = `https://console.localhost:${await freePort()}`
  const stack = await startStack({
    ...options,
    caddyfile: (text) => text + [stranger, neighbour].map(site).join(''),
  })
  const started = await startConsole(stack)
  const chromium = await startChromium(programs, {
    caFile: stack.caFile,
    hosts: {
      'console.localhost': '127.0.0.1',
      'stranger.example:443': `127.0.0.1:${stack.httpsPort}`,
    },
  })
  const contexts: BrowserContext[] = []
  return {
    ...{ stack, console: started, url: started.url, neighbour },
    openBrowser: async () => {
      const context = await chromium.openContext()
      contexts.push(context)
      const page = await context.newPage()
      const strictness = await watchStrictly(page, started.url)
      const authenticators = await openAuthenticators(await context.newCDPSession(page))
      return { context, page, strictness, ...authenticators }
    },
    people: async (...words) => await runPeople(words, stack),
    acts: () =>
      readChainOf(join(stack.stateDir, 'audit'), 'acts').records as unknown as readonly Act[],
    stop: async () => {
      for (const context of contexts) await context.close()
      await chromium.stop()
      await started.stop()
      await stack.stop()
    },
  }
}

type Credential = { readonly credentialId: string; readonly privateKey: string }

/** A virtual authenticator keeps its passkeys while it is away: they are put into the next one. */
async function openAuthenticators(session: CDPSession) {
  await session.send('WebAuthn.enable')
  const add = async (credentials: readonly Credential[] = []) => {
    const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        ...{ protocol: 'ctap2', transport: 'internal', hasResidentKey: true },
        ...{ hasUserVerification: true, isUserVerified: true },
        automaticPresenceSimulation: true,
      },
    })
    for (const credential of credentials) {
      await session.send('WebAuthn.addCredential', { authenticatorId, credential } as never)
    }
    return authenticatorId
  }
  let current = await add()
  let before: readonly Credential[] = []
  const takeOut = async () => {
    const { credentials } = await session.send('WebAuthn.getCredentials', {
      authenticatorId: current,
    })
    await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: current })
    return credentials as readonly Credential[]
  }
  return {
    changeAuthenticator: async () => {
      before = await takeOut()
      current = await add()
    },
    takeBack: async () => {
      const next = before
      before = await takeOut()
      current = await add(next)
    },
  }
}

async function runPeople(words: readonly string[], stack: Stack): Promise<Record<string, string>> {
  const script = join(root, 'scripts/people.ts')
  const child = startChild(process.execPath, [script, ...words, '--json'], stack.env)
  const chunks: Buffer[] = []
  child.process.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const code = await new Promise((ended) => child.process.once('close', ended))
  if (code !== 0) throw new Error(`people ${words.join(' ')}: ${child.output()}`)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, string>
}
