/** The example with Vite and React, installed from the packed tarball and built as its README says. */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { installIn, packInto, runIn } from '../support/pack.ts'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  root,
  startWidgetFixture,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

describe.skipIf(chromiumPath === null)('the example with React', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gk-react-'))
  let fixture: WidgetFixture
  beforeAll(async () => {
    fixture = await startWidgetFixture()
    cpSync(join(root, 'examples/react'), folder, { recursive: true })
    const tarball = await packInto(root, folder)
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8')
    writeFileSync(
      join(folder, 'package.json'),
      manifest.replace(/file:[^"]*\.tgz/, `file:${tarball}`),
    )
    await installIn(folder)
    await runIn(folder, 'npm', 'run', 'build')
    for (const name of globSync('**/*.{html,js}', { cwd: join(folder, 'dist') })) {
      const text = readFileSync(join(folder, 'dist', name), 'utf8')
      const isScript = name.endsWith('.js')
      fixture.put(isScript ? `/${name}` : '/', {
        body: text.replaceAll('https://localhost:8443', fixture.gateway.url),
        ...(isScript && { fields: { 'content-type': 'text/javascript' } }),
      })
    }
  }, 400_000)
  afterAll(async () => {
    await fixture?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('useChat answers, stops, gives the text back and clears; the panel is there too', async () => {
    const { gateway } = fixture
    const { page, faults, foreign } = await fixture.open('/')
    const main = page.locator('main')
    const input = main.getByLabel('Message')
    const ask = async (text: string) => {
      await input.fill(text)
      await main.getByRole('button', { name: 'Send' }).click()
    }
    await ask('Which tea?')
    await main.getByText('15 tokens').waitFor()
    expect(await main.getByRole('listitem').allTextContents()).toEqual([
      'You: Which tea?',
      'Answer: Hello there',
    ])
    expect(await input.inputValue()).toBe('')

    gateway.plan = () => ({
      refusal: { status: 502, error: 'UpstreamError', message: 'It did not answer.' },
    })
    await ask('And iced?')
    await main.getByRole('alert').filter({ hasText: 'It did not answer.' }).waitFor()
    expect(await input.inputValue()).toBe('And iced?')
    expect(await main.getByRole('listitem').count()).toBe(2)

    gateway.plan = () => ({ pieces: ['Cold wa'], waits: true })
    const { aborted } = gateway.counts
    await ask('And iced?')
    await main.getByText('Answer: Cold wa').waitFor()
    await main.getByRole('button', { name: 'Stop' }).click()
    await main.getByRole('button', { name: 'Send' }).waitFor()
    await vi.waitFor(() => expect(gateway.counts.aborted).toBe(aborted + 1))
    expect(await main.getByRole('listitem').count()).toBe(4)
    expect(await main.getByRole('alert').count()).toBe(0)

    await main.getByRole('button', { name: 'Clear' }).click()
    expect(await main.getByRole('listitem').count()).toBe(0)

    gateway.plan = () => ({ pieces: ['From the panel'] })
    await page.getByRole('button', { name: 'Ask Ada' }).click()
    await askAndWait(page, 'Which tea?')
    expect(await panelOf(page).answers.textContent()).toBe('From the panel')
    expect([faults, foreign]).toEqual([[], []])
  })
})
