/** The client and the panel with the real gatekeeper behind the real Caddy, over a model of the test. */
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  type OwnChromium,
  startChromium,
} from '../../../gatekeeper/test/browser/support/chromium.ts'
import { provideBrowser } from '../../../gatekeeper/test/browser/support/install.ts'
import {
  answerPlainly,
  startWidget,
  type WidgetStack,
} from '../../../gatekeeper/test/features/support/widget-stack.ts'
import { buildServed, renderScript, type Served } from '../../build.ts'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import { root } from '../support/widget-fixture.ts'

const programs = await provideBrowser()
const config = (origin: string) =>
  [
    'version: 1',
    'services: {ollama: {kind: ollama, routes: [{prefix: /v1}]}}',
    `widget: {origins: ["${origin}"], caps: {requestsPerWindow: 12, window: 10 minutes}}`,
    '',
  ].join('\n')

describe.skipIf(programs === null)('the panel and the real gateway', () => {
  let widget: WidgetStack
  let chromium: OwnChromium
  let served: Served
  let pages: Server
  let origin: string
  const documents = new Map<string, string>()

  beforeAll(async () => {
    served = await buildServed({ root, log: () => {} })
    pages = createServer((request, response) => {
      const body = documents.get(request.url ?? '')
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(body)
    })
    pages.listen(0, 'localhost')
    await once(pages, 'listening')
    origin = `http://localhost:${(pages.address() as AddressInfo).port}`
    widget = await startWidget({ config: config(origin) })
    chromium = await startChromium(programs, { caFile: widget.stack.caFile, hosts: {} })
    const line = renderScript(served, widget.stack.url, 'widget.js')
    documents.set('/', `<!doctype html>${line}<gatekeeper-chat open></gatekeeper-chat>`)
    documents.set('/empty', '<!doctype html>')
  })
  afterAll(async () => {
    await chromium?.stop()
    await widget?.stop()
    pages?.close()
  })
  beforeEach(() => {
    widget.model.answer = answerPlainly
  })

  const open = async (path: string, from = origin): Promise<Page> => {
    const page = await (await chromium.openContext()).newPage()
    await page.goto(`${from}${path}`)
    return page
  }
  /** What a page gets that imports the client from the gateway. */
  const importClient = (page: Page, expression: string) =>
    page.evaluate(`(async () => {
      const { chat, createChatSession } = await import('${widget.stack.url}/widget/client.js')
      try { return await (${expression}) } catch ({ name, code, status, message }) { return { name, code, status, message } }
    })()`)

  it('the line with version and integrity loads the panel, and the panel answers', async () => {
    const page = await open('/')
    await askAndWait(page, 'Hello')
    expect(await panelOf(page).answers.textContent()).toBe('Hello there')
    expect(await page.locator('gatekeeper-chat footer').textContent()).toBe(
      'gpt-4.1-mini · answers are made by a machine',
    )
    const [seen] = widget.model.seen
    expect(seen?.body['messages']).toEqual([{ role: 'user', content: 'Hello' }])
  })

  it('Stop reaches the model', async () => {
    let isClosed = false
    widget.model.answer = (_, response) => {
      response.on('close', () => {
        isClosed = true
      })
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(
        `data: ${JSON.stringify({ choices: [{ delta: { content: 'Cold wa' } }] })}\n\n`,
      )
    }
    const page = await open('/')
    await panelOf(page).ask('Iced?')
    await panelOf(page).answers.filter({ hasText: 'Cold wa' }).waitFor()
    await page.getByRole('button', { name: 'Stop the answer' }).click()
    await vi.waitFor(() => expect(isClosed).toBe(true), 10_000)
  })

  it('chat() needs no set-up, and answers a second question of a session', async () => {
    const page = await open('/empty')
    expect(await importClient(page, "chat('Hello')")).toBe('Hello there')
    const code = `(async () => {
      const session = createChatSession()
      for await (const _ of session.send('One')) {}
      return session.usage.requests.limit
    })()`
    expect(await importClient(page, code)).toBe(100)
  })

  it('a page of another origin gets the file and no token', async () => {
    const page = await open('/empty', origin.replace('localhost', '127.0.0.1'))
    const refused = { name: 'ChatError', code: expect.stringMatching(/^(Forbidden|offline)$/) }
    expect(await importClient(page, "chat('Hello')")).toMatchObject(refused)
  })

  it('a reached limit shows the seconds', async () => {
    const page = await open('/')
    const panel = panelOf(page)
    for (let turn = 0; turn < 14; turn++) {
      await panel.ask('Hello')
      const either = page.locator(
        'gatekeeper-chat .note, gatekeeper-chat article.it:last-child p:not(.typing)',
      )
      await either.first().waitFor()
      await page.getByRole('button', { name: 'Send' }).waitFor()
      if ((await panel.note.count()) > 0) break
    }
    expect(await panel.note.textContent()).toMatch(
      /^You have exceeded the allowed number of requests\. Try again in \d+ seconds\.Retry in \d+ s$/,
    )
    expect(await panel.input.inputValue()).toBe('Hello')
  })

  it('a proof of work is solved before the first token', async () => {
    const challenged = await startWidget({
      config: config(origin).replace('caps:', 'challenge: {proofOfWork: 12}, caps:'),
    })
    const own = await startChromium(programs, { caFile: challenged.stack.caFile, hosts: {} })
    try {
      const line = renderScript(served, challenged.stack.url, 'widget.js')
      documents.set('/work', `<!doctype html>${line}<gatekeeper-chat open></gatekeeper-chat>`)
      const page = await (await own.openContext()).newPage()
      await page.goto(`${origin}/work`)
      await askAndWait(page, 'Hello')
      expect(await panelOf(page).answers.textContent()).toBe('Hello there')
    } finally {
      await own.stop()
      await challenged.stop()
    }
  })
})
