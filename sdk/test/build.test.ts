/** What is built: its size, what it may not contain, and that its package is well-formed. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildPackage, buildServed, renderScript, type Served } from '../build.ts'

const root = resolve(import.meta.dirname, '../..')
/** In bytes of gzip. */
const budget = { 'client.js': 3_000, 'widget.js': 7_000 }

describe('the built chat', () => {
  const into = mkdtempSync(join(tmpdir(), 'gk-sdk-'))
  const logged: string[] = []
  const build = () => buildServed({ root, into, log: (line) => void logged.push(line) })
  let served: Served
  beforeAll(async () => {
    served = await build()
  })
  afterAll(() => rmSync(into, { recursive: true, force: true }))

  test('client and widget stay within their budgets', () => {
    const sizes = Object.entries(served.files).map(([name, { gzipBytes }]) => [name, gzipBytes])
    process.stdout.write(`chat, bytes of gzip: ${JSON.stringify(Object.fromEntries(sizes))}\n`)
    expect(sizes.map(([name]) => name)).toEqual(Object.keys(budget))
    for (const [name, most] of Object.entries(budget)) {
      expect(served.files[name]?.gzipBytes).toBeLessThanOrEqual(most)
    }
  })

  test('no file makes code or markup of text, loads from elsewhere or keeps anything', () => {
    for (const name of Object.keys(budget)) {
      const text = readFileSync(join(into, name), 'utf8')
      expect(text).not.toMatch(
        /\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write/,
      )
      expect(text).not.toMatch(/localStorage|sessionStorage|document\.cookie|indexedDB|sendBeacon/)
      expect(text).not.toMatch(/^import |\bimport\((?!`\.\/client\.js`)|<img|new Image/m)
      expect(text.match(/https?:\/\/[a-z][^\s"'`)]*/g) ?? []).toEqual([])
    }
  })

  test('the line for a page has the version and the integrity of the file', () => {
    const line = renderScript(served, 'https://ai.example', 'widget.js')
    expect(line).toMatch(
      /^<script type="module" src="https:\/\/ai\.example\/widget\/\d+\.\d+\.\d+-[0-9a-f]{8}\/widget\.js" integrity="sha384-[A-Za-z0-9+/]{64}" crossorigin><\/script>$/,
    )
    const openssl = execFileSync('openssl', ['dgst', '-sha384', '-binary', join(into, 'widget.js')])
    expect(line).toContain(`sha384-${openssl.toString('base64')}`)
  })

  test('the same sources are not built again', async () => {
    const times = logged.length
    expect(await build()).toEqual(served)
    expect(logged).toHaveLength(times)
  })

  test('publint has nothing to say about the package', async () => {
    await buildPackage(root)
    const folder = join(into, 'package')
    cpSync(join(root, 'sdk/package.json'), join(folder, 'package.json'))
    cpSync(join(root, 'sdk/README.md'), join(folder, 'README.md'))
    cpSync(join(root, 'sdk/dist'), join(folder, 'dist'), { recursive: true })
    const { messages } = await publint({ pkgDir: folder, strict: true, pack: false })
    expect(messages).toEqual([])
  })
})
