/** A browser, a page of a shop and a gateway of another origin, with what a page must never do. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import {
  type OwnChromium,
  startChromium,
} from '../../../gatekeeper/test/browser/support/chromium.ts'
import { buildServed, type Served } from '../../build.ts'
import { type FakeGateway, startFakeGateway } from './fake-gateway.ts'

export const root: string = resolve(import.meta.dirname, '../../..')

/** The browser of these tests; null if there is none, and then they are skipped. */
export const chromiumPath: string | null = findChromium()

export type Document = { readonly body: string; readonly fields?: Readonly<Record<string, string>> }

export type Watched = {
  readonly page: Page
  /** Requests to an origin that is neither the page's nor the gateway's. */
  readonly foreign: readonly string[]
  readonly dialogs: readonly string[]
  /** Uncaught exceptions, and what the policy of the page forbade. */
  readonly faults: readonly string[]
}

export type WidgetFixture = {
  readonly gateway: FakeGateway
  readonly served: Served
  /** The origin of the shop. */
  readonly shop: string
  /** Adds or replaces what the shop serves at a path. */
  readonly put: (path: string, document: Document) => void
  readonly open: (path: string, options?: BrowserContextOptions) => Promise<Watched>
  readonly stop: () => Promise<void>
}

export async function startWidgetFixture(): Promise<WidgetFixture> {
  const served = await buildServed({ root, log: () => {} })
  const documents = new Map<string, Document>()
  const server = createServer((request, response) => {
    const { body, fields = {} } = documents.get(request.url ?? '') ?? { body: '' }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...fields }).end(body)
  })
  server.listen(0, 'localhost')
  await once(server, 'listening')
  const shop = `http://localhost:${(server.address() as AddressInfo).port}`
  const gateway = await startFakeGateway(served, (origin) => origin === shop)
  const programs = { chromium: chromiumPath ?? '', certutil: '' }
  const chromium = await startChromium(programs, { caFile: null, hosts: {} })
  return {
    ...{ gateway, served, shop },
    put: (path, document) => void documents.set(path, document),
    open: async (path, options = {}) => {
      const own = [shop, gateway.url]
      return await openWatched(chromium, { url: shop + path, own, options })
    },
    stop: async () => {
      await chromium.stop()
      gateway.close()
      server.close()
      server.closeAllConnections()
    },
  }
}

type Opening = {
  readonly url: string
  readonly own: readonly string[]
  readonly options: BrowserContextOptions
}

async function openWatched(chromium: OwnChromium, { url, own, options }: Opening) {
  const context = await chromium.openContext({ viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const watched = { page, foreign: [] as string[], dialogs: [] as string[], faults: [] as string[] }
  page.on('request', (request) => {
    if (!own.includes(new URL(request.url()).origin)) watched.foreign.push(request.url())
  })
  page.on('dialog', (dialog) => {
    watched.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => void watched.faults.push(String(error)))
  page.on('console', (message) => {
    const text = message.text()
    if (/Content.Security.Policy|Trusted ?Type/i.test(text)) watched.faults.push(text)
  })
  await page.goto(url)
  return watched
}

export type PageOptions = {
  readonly gateway: string
  readonly attributes?: string
  readonly head?: string
  readonly text?: string
  /** Further words of the policy. */
  readonly policy?: string
}

/** A page under the strictest policy that can still load one module of the gateway. */
export function strictPage(options: PageOptions): Document {
  const { gateway, attributes = '', head = '', text = '', policy = '' } = options
  const rules = [
    ...["default-src 'none'", `script-src ${gateway}`, `connect-src ${gateway}`],
    ...["require-trusted-types-for 'script'", "trusted-types 'none'", policy],
  ]
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>Tea, grown slowly</title>${head}
<script type="module" src="${gateway}/widget/widget.js"></script></head>
<body><main><h1>Tea, grown slowly</h1>${text}</main>
<gatekeeper-chat ${attributes}></gatekeeper-chat></body></html>`
  return { body, fields: { 'content-security-policy': rules.join('; ') } }
}

function findChromium(): string | null {
  const named = process.env['BROWSER_TEST_CHROMIUM'] ?? ''
  const places = [named, '/usr/bin/chromium', '/usr/bin/google-chrome']
  const found = places.find((path) => path !== '' && existsSync(path))
  if (found === undefined) process.stderr.write('SKIPPED: browser: no Chromium\n')
  return found ?? null
}
