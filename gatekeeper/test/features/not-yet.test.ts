/**
 * The README's "What does not work yet", sentence by sentence: a test fails when one of them starts
 * to work, so that the README stays true.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readSettings } from '../../src/config/read-settings.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const readme = readFileSync(resolve(import.meta.dirname, '../../../README.md'), 'utf8')
const section = /## What does not work yet\n+(.*?)\n## /s.exec(readme)?.[1] ?? ''
const sentences = section.split('\n').filter((line) => line.startsWith('- '))

/** How each sentence begins, and the test that proves it. */
const held = {
  'The `ollama` command-line program': 'the ollama program',
  'A key that is limited to models': 'a key that is limited to models',
  'A JSON body may have 32 MiB': 'a JSON body of more than 32 MiB',
  'Windows has no unix sockets here': 'Windows',
}

it('has a test for each sentence of the README, and no others', () => {
  expect(sentences.map((line) => line.slice(2))).toEqual(
    Object.keys(held).map((start) => expect.stringMatching(start.replaceAll('`', '.'))),
  )
})

it(`${held['Windows has no unix sockets here']} listens on the loopback ports 9001 to 9003`, () => {
  const source = { env: {}, folder: 'C:/clone', platform: 'win32', readFile: () => '' }
  const { relayListen, checkListen, opsListen } = readSettings(source).settings
  expect([relayListen, checkListen, opsListen]).toEqual(
    [9001, 9002, 9003].map((port) => ({ kind: 'tcp', host: '127.0.0.1', port })),
  )
})

const ada = makeKey()
const limited = makeKey({ models: ['demo'] })
const config = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /checked, strip: true, mode: check}]}
`

describe.skipIf(testCaddy === null)('what does not work yet', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, limited], config })
  })
  afterAll(() => stack?.stop())

  it(`${held['The `ollama` command-line program']}: refused as it sends its requests`, async () => {
    const signed = `AAAAC3NzaC1lZDI1NTE5AAAAI${'A'.repeat(43)}:${'B'.repeat(86)}==`
    for (const headers of [{}, { authorization: signed }]) {
      const { status } = await stack.send('/api/tags?ts=1764417600', { headers })
      expect([400, 401]).toContain(status)
    }
  })

  it(`${held['A key that is limited to models']}: refused on a check route`, async () => {
    const asked = { method: 'POST', body: '{"model":"demo","prompt":"x"}' }
    const headers = { 'content-type': 'application/json' }
    const relayed = await stack.send('/api/generate', { ...asked, headers, key: limited.key })
    const checked = await stack.send('/checked/api/generate', {
      ...asked,
      headers,
      key: limited.key,
    })
    const others = await stack.send('/checked/api/generate', { ...asked, headers, key: ada.key })
    expect([relayed.status, checked.status]).toEqual([200, 403])
    // Another key gets further, so that it is the limit that refuses.
    expect(others.status).not.toBe(403)
  })

  it(`${held['A JSON body may have 32 MiB']}: refused`, async () => {
    const body = JSON.stringify({ model: 'demo', prompt: 'x'.repeat(32 * 1024 * 1024) })
    const headers = { 'content-type': 'application/json' }
    const { status } = await stack.send('/api/generate', {
      method: 'POST',
      body,
      headers,
      key: ada.key,
    })
    expect(status).toBe(413)
  })
})
