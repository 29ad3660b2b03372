/**
 * Everything that a browser test needs: the gateway with a ComfyUI-like application behind its
 * checks, pages of other origins, and a Chromium that can reach them all. The pages of other
 * origins are real sites with TLS: an intercepted page would change what the browser does about
 * CORS.
 */
import type { Page } from 'playwright-core'
import { waitUntil } from '../../support/child.ts'
import { type DecisionLine, decisionsOf } from '../../support/decisions.ts'
import { freePort } from '../../support/free-port.ts'
import { makeKey } from '../../support/keys.ts'
import { type Stack, startStack } from '../../support/stack.ts'
import { type OwnChromium, startChromium } from './chromium.ts'
import { type ComfyLike, startComfyLike } from './comfy-like.ts'
import type { BrowserPrograms } from './install.ts'

/** Origins of pages: one that services list, and one that none lists. */
export const friend = 'https://friend.example'
export const stranger = 'https://stranger.example'

export type Fixture = {
  readonly stack: Stack
  readonly app: ComfyLike
  readonly chromium: OwnChromium
  /** A page of another port of our own host: another origin, which browsers call the same site. */
  readonly neighbour: string
  readonly key: string
  /** A page of a browser context of its own: it remembers nothing of other pages. */
  readonly open: (url: string) => Promise<Page>
  /** Closes what `open` opened. */
  readonly closePages: () => Promise<void>
  /** A key of the correct form that does not exist: the last character differs. */
  readonly wrongKey: string
  /** The decisions of the gatekeeper since `forget`, in order. */
  readonly decisions: () => Promise<readonly DecisionLine[]>
  /** The requests that reached anything behind the gate. */
  readonly reached: () => number
  /** Forgets the requests and log lines so far. */
  readonly forget: () => Promise<void>
  readonly stop: () => Promise<void>
}

const ada = makeKey({ user: 'ada', services: ['ollama', 'tts', 'whisper', 'image', 'webui'] })

const config = (url: string) => `version: 1
services:
  ollama:
    kind: ollama
    anonymous: true
    origins: ["${friend}"]
    routes: [{prefix: /api}, {prefix: /chat, strip: true, mode: check}]
  tts: {kind: http, origins: ["${friend}"], routes: [{prefix: /tts, strip: true}]}
  whisper:
    kind: http
    origins: ["${friend}"]
    webSockets: [/ws]
    routes: [{prefix: /whisper, strip: true, browser: basic}]
  image: {kind: http, webSockets: [/ws], routes: [{prefix: /image, strip: true, browser: basic}]}
  webui:
    kind: http
    upstream: {url: "${url}"}
    webSockets: [/ws]
    routes: [{host: webui.localhost, prefix: /, browser: basic}]
`

/** A site with an empty page, whose `/away` redirects to our gateway with the same method. */
const site = (address: string) => `
${address} {
	tls internal
	redir /away https://localhost:{$GATEKEEPER_HTTPS_PORT}/image/api/queue 307
	header Content-Type "text/html; charset=utf-8"
	respond "<!doctype html><title>a page</title><body></body>"
}
`

/**
 * A page of our own origin whose scripts may run; the policy of our own answers forbids scripts.
 */
const blank = `
	handle /blank {
		header Content-Type "text/html; charset=utf-8"
		respond "<!doctype html><title>a page</title><body></body>"
	}
`

const ownPlace = '\t# ---- blocks of your own stand here'

/**
 * Throws where the Caddyfile has no such place: the page would be our 404, whose policy stops all.
 */
function addBlank(caddyfile: string): string {
  if (!caddyfile.includes(ownPlace)) throw new Error(`the Caddyfile has no line "${ownPlace}"`)
  return caddyfile.replace(ownPlace, `${blank}\n${ownPlace}`)
}

export async function startFixture(
  programs: BrowserPrograms | null,
  options: { readonly isLax?: boolean } = {},
): Promise<Fixture> {
  const app = await startComfyLike()
  const neighbour = `https://localhost:${await freePort()}`
  const stack = await startStack({
    keys: [ada],
    config: config(app.url),
    env: { TTS_URL: app.url, IMAGE_URL: app.url, WHISPER_URL: app.url },
    caddyfile: (text) => addBlank(text) + [friend, stranger, neighbour].map(site).join(''),
  })
  const caddy = `127.0.0.1:${stack.httpsPort}`
  const chromium = await startChromium(programs, {
    ...options,
    caFile: stack.caFile,
    hosts: {
      'friend.example:443': caddy,
      'stranger.example:443': caddy,
      'webui.localhost': '127.0.0.1',
    },
  })
  const readDecisions = createDecisionReader(stack)
  const pages: Page[] = []
  let forgotten = 0
  return {
    ...{ stack, app, chromium, neighbour, key: ada.key },
    wrongKey: ada.key.slice(0, -1) + (ada.key.endsWith('a') ? 'b' : 'a'),
    open: async (url) => {
      const page = await (await chromium.openContext()).newPage()
      pages.push(page)
      await page.goto(url)
      return page
    },
    closePages: async () => {
      await Promise.all(pages.splice(0).map((page) => page.close()))
    },
    decisions: async () => (await readDecisions()).slice(forgotten),
    reached: () => app.received().length + stack.upstream.requests,
    forget: async () => {
      forgotten = (await readDecisions()).length
      app.forget()
      stack.upstream.reset()
    },
    stop: async () => {
      await chromium.stop()
      await stack.stop()
      await app.stop()
    },
  }
}

const marker = '/chat/marker-'

/**
 * Reads all decisions up to now. The log comes through a pipe, so a request of our own is sent
 * first: once its line is there, so are those of all requests that were decided before it.
 */
function createDecisionReader(stack: Stack): () => Promise<DecisionLine[]> {
  let count = 0
  return async () => {
    const path = `${marker}${count++}`
    await stack.send(path)
    const { output } = stack.gatekeeper
    await waitUntil(() => output().includes(`"${path}"`), { limitMs: 5_000, describe: output })
    return decisionsOf(stack).filter((line) => !line.path?.startsWith(marker))
  }
}
