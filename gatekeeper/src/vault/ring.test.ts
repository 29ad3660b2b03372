import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createRing, readRecipient, writeRecipient } from './ring.ts'

const [older, newer] = [randomBytes(32), randomBytes(32)]

it('a ring has its keys in order, and each has the same id wherever it is', () => {
  const ring = createRing([newer, older])
  expect(ring?.map(({ kid }) => kid)).toEqual(
    [newer, older].map((raw) => createRing([raw])?.[0].kid),
  )
  expect(new Set(ring?.map(({ kid }) => kid)).size).toBe(2)
  expect(createRing([])).toBeNull()
})

it('the file of the public half has nothing of the private one', () => {
  const [key] = createRing([newer]) ?? []
  const text = key === undefined ? '' : writeRecipient(key)
  expect(readRecipient(text)).toEqual({ kid: key?.kid, publicKey: key?.publicKey })
  for (const form of ['hex', 'base64', 'base64url'] as const)
    expect(text).not.toContain(newer.toString(form).slice(0, 20))
})

it.each(['', '{}', 'null', '{"version":1,"publicKey":"AAAA"}', '{"version":2}', '[1]'])(
  '%j is not a public half',
  (text) => {
    expect(readRecipient(text)).toBeNull()
  },
)
