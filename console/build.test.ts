import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Manifest } from './build/write-files.ts'
import { buildConsole } from './build.ts'

const root = resolve(import.meta.dirname, '..')
/** In kB (1000 bytes) of gzip. A page brings 1 to 5 of its own when it is first shown. */
const budget = { firstCode: 20, styles: 5.5, chart: 25, page: 6, all: 125 }

describe('the built console', () => {
  const into = mkdtempSync(join(tmpdir(), 'gk-console-'))
  const logged: string[] = []
  const build = () => buildConsole({ root, into, log: (line) => void logged.push(line) })
  let folder: string
  let manifest: Manifest

  beforeAll(async () => {
    await mkdir(join(into, '0123456789abcdef'))
    writeFileSync(join(into, 'kept.txt'), 'not a build')
    folder = await build()
    manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest
  })
  afterAll(() => rmSync(into, { recursive: true, force: true }))

  const sizes = (fits: (name: string) => boolean): number => {
    const bytes = Object.entries(manifest.files)
      .filter(([name]) => fits(name))
      .map(([, { gzipBytes }]) => gzipBytes)
    return bytes.reduce((sum, one) => sum + one, 0) / 1000
  }

  const pageNames = () => Object.keys(manifest.files).filter((name) => name.includes('-page-'))

  test('the first view, the styles, the chart and all of it stay within their budgets', () => {
    const measured = {
      firstCode: sizes((name) => name.endsWith('.js') && manifest.firstView.includes(name)),
      styles: sizes((name) => name.endsWith('.css')),
      chart: sizes((name) => /\/(?:chart-figure|requests-plot)-/.test(name)),
      page: Math.max(...pageNames().map((page) => sizes((name) => name === page))),
      all: sizes((name) => name !== 'index.html'),
    }
    process.stdout.write(`console, kB of gzip: ${JSON.stringify(measured)}\n`)
    expect(measured.chart).toBeGreaterThan(10)
    for (const [part, most] of Object.entries(budget)) {
      expect([part, measured[part as keyof typeof measured]]).toEqual([
        part,
        expect.toSatisfy((is: number) => is <= most),
      ])
    }
  })

  test('the page has no inline code, and the integrity of everything that it loads', () => {
    const index = readFileSync(join(folder, 'index.html'), 'utf8')
    expect(index).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=/)
    const loads = index.match(/<(?:script|link)[^>]*>/g) ?? []
    expect(loads.length).toBeGreaterThan(3)
    for (const tag of loads.filter((one) => !one.includes('rel="icon"'))) {
      expect(tag).toMatch(/integrity="sha384-[A-Za-z0-9+/]{64}"/)
    }
    expect(index).not.toMatch(/https?:\/\//)
  })

  test('no file reaches another origin, or makes code or markup of text', () => {
    for (const name of Object.keys(manifest.files).filter((one) => /\.(?:js|css)$/.test(one))) {
      const text = readFileSync(join(folder, name), 'utf8')
      const addresses = text.match(/https?:\/\/[^\s"'`)]+/g) ?? []
      // Names of namespaces, examples in help texts, and a message of a package to its users.
      const harmless = /^https?:\/\/(?:www\.w3\.org\/|[a-z.]*example\b|simplewebauthn\.dev\/docs\/)/
      const isHarmless = (address: string) => harmless.test(address)
      expect([name, addresses.filter((address) => !isHarmless(address))]).toEqual([name, []])
      expect([name, /\beval\(|new Function\(|document\.write/.exec(text)]).toEqual([name, null])
    }
  })

  test('each file is there in three forms that are the same', () => {
    for (const name of Object.keys(manifest.files)) {
      const plain = readFileSync(join(folder, name))
      expect(gunzipSync(readFileSync(join(folder, `${name}.gz`)))).toEqual(plain)
      expect(brotliDecompressSync(readFileSync(join(folder, `${name}.br`)))).toEqual(plain)
    }
  })

  test('the same sources are not built again, and older builds are gone', async () => {
    const times = logged.length
    expect(await build()).toBe(folder)
    expect(logged).toHaveLength(times)
    expect(readdirSync(into).sort()).toEqual([manifest.digest, 'kept.txt'].sort())
  })
})
