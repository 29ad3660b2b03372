/** The console of a stack: the real admin process, reached through the real Caddy. */
import { Agent } from 'undici'
import { startAdmin } from './admin.ts'
import { type Child, waitUntil } from './child.ts'
import { type Answer, createSend, type SendOptions, type Stack } from './stack.ts'

export type TestConsole = {
  /** Its origin: `https://console.localhost:PORT`. */
  readonly url: string
  /** The admin process. */
  readonly admin: Child
  readonly dispatcher: Agent
  /**
   * One request as the console's page sends it: from the same origin. Fields of the options replace
   * those; with `sec-fetch-site: ''` it comes from no browser.
   */
  readonly send: (path: string, options?: SendOptions) => Promise<Answer>
  /** The next admin process, for a test that ended this one. */
  readonly restart: () => Promise<Child>
  readonly stop: () => Promise<void>
}

/** Starts the admin process of a stack and waits until the console answers through Caddy. */
export async function startConsole(
  stack: Stack,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<TestConsole> {
  const start = () => startAdmin({ ...stack.env, ...env })
  let admin = await start()
  const { url, dispatcher, send } = consoleOf(stack)
  await waitUntil(async () => (await send('/admin/v1/session').catch(() => null))?.status === 401, {
    ...{ limitMs: 15_000, child: admin, describe: () => admin.output() + stack.caddy.output() },
  })
  return {
    ...{ url, dispatcher, send },
    get admin() {
      return admin
    },
    restart: async () => {
      admin = await start()
      return admin
    },
    stop: async () => {
      await dispatcher.destroy()
      await admin.stop()
    },
  }
}

/** The console's site of a stack, whether the admin process runs or not. */
export function consoleOf(stack: Pick<Stack, 'consolePort' | 'ca'> & Partial<Pick<Stack, 'env'>>) {
  const site = stack.env?.['GATEKEEPER_CONSOLE_SITE'] ?? 'console.localhost'
  const url = `https://${site}:${stack.consolePort}`
  // Not every resolver knows names below localhost.
  const lookup = (_: string, __: object, done: LookUpDone) =>
    done(null, [{ address: '127.0.0.1', family: 4 }])
  const dispatcher = new Agent({
    connect: { ca: stack.ca, lookup },
    ...{ allowH2: false, headersTimeout: 60_000 },
  })
  const sendPlain = createSend(url, dispatcher)
  const send = (path: string, options: SendOptions = {}) => {
    const fields = { 'sec-fetch-site': 'same-origin', ...options.headers }
    const headers = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
    return sendPlain(path, { ...options, headers })
  }
  return { url, dispatcher, send }
}

type LookUpDone = (
  error: null,
  addresses: { readonly address: string; readonly family: number }[],
) => void
