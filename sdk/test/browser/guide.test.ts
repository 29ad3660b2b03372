/** What docs/guides/widget.md says about the page, run as it stands there. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { freePort } from '../../../gatekeeper/test/support/free-port.ts'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  root,
  startWidgetFixture,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

const guide = readFileSync(join(root, 'docs/guides/widget.md'), 'utf8')
const blocksOf = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, text = '']) => text,
  )

describe.skipIf(chromiumPath === null)('the guide', () => {
  let fixture: WidgetFixture
  beforeAll(async () => {
    fixture = await startWidgetFixture()
  })
  afterAll(() => fixture?.stop())
  const here = (text: string) => text.replaceAll('https://ai.example.com', fixture.gateway.url)
  const [panelLines = '', ownPage = ''] = blocksOf('html')
  const [policy = ''] = blocksOf('text').filter((text) =>
    text.startsWith('Content-Security-Policy'),
  )
  const css = blocksOf('css').join('')

  it('its two lines are a panel, under its policy', async () => {
    const fields = {
      'content-security-policy': here(policy)
        .replace(/^.*?: /, '')
        .trim(),
    }
    fixture.put('/', { body: `<!doctype html>${here(panelLines)}`, fields })
    const { page, faults, foreign } = await fixture.open('/')
    await page.getByRole('button', { name: 'Ask Ada' }).click()
    await askAndWait(page, 'Which tea?')
    expect(await panelOf(page).answers.textContent()).toBe('Hello there')
    expect([faults, foreign]).toEqual([[], []])
  })

  it('its style changes the colours', async () => {
    fixture.put('/', { body: `<!doctype html><style>${css}</style>${here(panelLines)}` })
    const { page } = await fixture.open('/')
    const launcher = page.getByRole('button', { name: 'Ask Ada' })
    const colour = await launcher.evaluate((one) => getComputedStyle(one).backgroundColor)
    expect(colour).toBe('rgb(122, 59, 18)')
  })

  it('its page with looks of its own answers', async () => {
    fixture.put('/', { body: `<!doctype html>${here(ownPage)}` })
    const { page, faults } = await fixture.open('/')
    await page.fill('#prompt', 'Which tea?')
    await page.click('#send')
    await page.locator('#log').filter({ hasText: 'You: Which tea?\nAnswer: Hello there' }).waitFor()
    expect(faults).toEqual([])
  })

  it('its command serves the examples', async () => {
    const [command = ''] = blocksOf('sh').filter((text) => text.includes('http.server'))
    const port = await freePort()
    const [program = '', ...words] = command.trim().replace('5173', `${port}`).split(' ')
    const server = spawn(program, words, { cwd: root, stdio: 'ignore' })
    try {
      const read = async () => await (await fetch(`http://localhost:${port}/plain.html`)).text()
      await vi.waitFor(async () => expect(await read()).toContain('<gatekeeper-chat'), 10_000)
    } finally {
      server.kill()
    }
  })

  it('its table has each attribute of the element', () => {
    const table = guide.slice(
      guide.indexOf('| attribute |'),
      guide.indexOf('The element has the methods'),
    )
    const named = [...table.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name)
    for (const path of ['panel/frame.ts', 'panel/panel.ts']) {
      const source = readFileSync(join(root, 'sdk/src', path), 'utf8')
      const read = [...source.matchAll(/read\('([a-z-]+)'\)/g)].map(([, name = '']) => name)
      expect(read.filter((name) => name !== 'systemprompt' && !named.includes(name))).toEqual([])
    }
  })
})
