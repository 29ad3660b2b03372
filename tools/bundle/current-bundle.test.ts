import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { findCurrentBundle } from './current-bundle.ts'

const clone = resolve(import.meta.dirname, '../..')

let root: string
let reasons: string[]
beforeEach(() => {
  reasons = []
  root = mkdtempSync(join(tmpdir(), 'gk bundle '))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  for (const path of ['package-lock.json', 'gatekeeper/package.json', 'gatekeeper/src', 'tools']) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(join(clone, path), join(root, path), { recursive: true })
  }
  symlinkSync(join(clone, 'node_modules'), join(root, 'node_modules'))
})

const find = () => findCurrentBundle(root, (reason) => reasons.push(reason))
const made = () => readdirSync(join(root, 'gatekeeper/dist'))

describe('the bundle', () => {
  it('is made once, with all that the source reads from beside itself', async () => {
    const main = await find()
    expect(reasons).toEqual([])
    expect(await find()).toBe(main)
    expect(made()).toHaveLength(1)
    const files = readdirSync(dirname(main ?? '')).sort()
    expect(files).toEqual(
      expect.arrayContaining(['journal-worker.js', 'main.js', 'price-table.csv', 'serve.js']),
    )
  })

  it('is another one as soon as a file of the source is, and the old one goes', async () => {
    const before = await find()
    appendFileSync(join(root, 'gatekeeper/src/own-package.ts'), '\n// changed\n')
    const after = await find()
    expect(after).not.toBe(before)
    expect(made()).toHaveLength(1)
  })

  it('of two who make it at a time is one', async () => {
    const [one, other] = await Promise.all([find(), find()])
    expect(one).toBe(other)
    expect(one).not.toBe(null)
    expect(made()).toHaveLength(1)
  })

  it('of a source that lacks a module is none, and says why; nothing is left of it', async () => {
    rmSync(join(root, 'gatekeeper/src/own-package.ts'))
    expect(await find()).toBe(null)
    expect(reasons.join()).toContain('own-package.ts')
    expect(made()).toEqual([])
  })

  it('is none where nothing can be written', async () => {
    writeFileSync(join(root, 'gatekeeper/dist'), '')
    expect(await find()).toBe(null)
    expect(reasons).toHaveLength(1)
  })
})
