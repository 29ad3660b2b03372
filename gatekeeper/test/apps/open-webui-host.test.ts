import { readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startDemoUpstream } from '../../../scripts/demo/demo-upstream.ts'
import { type OwnChromium, startChromium } from '../browser/support/chromium.ts'
import { provideBrowser } from '../browser/support/install.ts'
import { repositoryRoot } from '../real/parts/part.ts'
import { areAvailable } from '../real/support/provision.ts'
import { waitUntil } from '../support/child.ts'
import { type DecisionLine, watchDecisions } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { webuiProgram } from './support/installed.ts'
import { startWebui, type Webui } from './support/open-webui.ts'

const programs = await provideBrowser()
const isAvailable = programs !== null && (await areAvailable(webuiProgram))
const ada = makeKey({ user: 'ada', services: ['webui'] })

/** The service as in the guide. */
function readGuide(): string {
  const text = readFileSync(path.join(repositoryRoot, 'docs/guides/adding-a-service.md'), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block = '']) => block)
  const entry = blocks.find((block) => block.includes('host: webui.localhost'))
  if (entry === undefined) throw new Error('the guide has no service at webui.localhost')
  return entry
}

describe.skipIf(!isAvailable)(
  'Open WebUI itself, at a host of its own',
  { timeout: 120_000 },
  () => {
    let demo: Awaited<ReturnType<typeof startDemoUpstream>>
    let webui: Webui
    let stack: Stack
    let chromium: OwnChromium
    let decisions: readonly DecisionLine[]
    beforeAll(async () => {
      demo = await startDemoUpstream()
      webui = await startWebui(demo)
      const entry = readGuide().replace('http://127.0.0.1:3000', webui.url)
      stack = await startStack({ keys: [ada], config: `version: 1\nservices:\n${entry}` })
      decisions = watchDecisions(stack.gatekeeper)
      const hosts = { 'webui.localhost': '127.0.0.1' }
      chromium = await startChromium(programs, { caFile: stack.caFile, hosts })
    }, 480_000)
    afterAll(async () => {
      await chromium?.stop()
      await stack?.stop()
      await webui?.stop()
      await demo?.close()
    })

    const address = () => `https://webui.localhost:${stack.httpsPort}/`
    const open = async (fields: Readonly<Record<string, string>>) => {
      const context = await chromium.openContext()
      await context.setExtraHTTPHeaders(fields)
      return await context.newPage()
    }

    it('is closed without a key', async () => {
      const page = await open({})
      expect((await page.goto(address()))?.status()).toBe(401)
      await page.context().close()
    })

    it('a person with the key signs in, asks, and reads the answer, which comes by its WebSocket', async () => {
      const page = await open({ 'X-API-Key': ada.key })
      const failed: string[] = []
      const frames: string[] = []
      page.on('websocket', (socket) => socket.on('framereceived', () => frames.push(socket.url())))
      page.on('response', (answer) => {
        if (answer.status() >= 400) failed.push(`${answer.status()} ${answer.url()}`)
      })
      expect((await page.goto(address()))?.status()).toBe(200)
      const input = page.locator('#chat-input')
      await input.waitFor({ timeout: 60_000 })
      // The news of this version are shown first, over everything else.
      await page.keyboard.press('Escape')
      await input.click()
      await page.keyboard.type('Who are you?')
      await page.keyboard.press('Enter')
      const answer = page.locator('.chat-assistant')
      await answer.waitFor({ timeout: 60_000 })
      await page.waitForFunction(
        'document.querySelector(".chat-assistant")?.innerText.trim().length > 20',
        undefined,
        { timeout: 60_000 },
      )
      await waitUntil(() => decisions.some(({ path }) => path === '/api/chat/completions'), {
        ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
      })
      process.stdout.write(`APPS Open WebUI at its host: ${await answer.innerText()}; ${failed}\n`)
      expect(decisions.filter(({ outcome, path }) => outcome === 'deny' && path !== '/')).toEqual(
        [],
      )
      expect(new Set(decisions.map(({ user }) => user).filter(Boolean))).toEqual(new Set(['ada']))
      await page.context().close()
      await waitUntil(() => decisions.some(({ path }) => path === '/ws/socket.io/'), {
        ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
      })
      expect(frames.filter((url) => url.includes('/ws/socket.io/')).length).toBeGreaterThan(2)
      expect(webui.output()).not.toContain(ada.key)
    })
  },
)
