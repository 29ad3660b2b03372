import { expect, test } from 'vitest'
import { createAdminKey } from './admin-key.ts'

const secret = 'a-secret-of-more-than-32-characters'
const at = { clientAddress: '127.0.0.1', tokenClass: 'house' } as const
const here = { ...at, control: { isAdminField: true } }

test('the secret administers in its own field, at administration, and nowhere else', () => {
  const administratorOf = createAdminKey(secret)
  expect(administratorOf(secret, here)).toMatchObject({ role: 'admin', services: ['control'] })
  expect(administratorOf(secret, at)).toBe(null)
  expect(administratorOf(secret, { ...at, control: { isAdminField: false } })).toBe(null)
})

test('nothing but the whole secret does, and without one nobody', () => {
  const administratorOf = createAdminKey(secret)
  for (const text of ['', ' ', secret.slice(1), `${secret} `, secret.toUpperCase()]) {
    expect(administratorOf(text, here)).toBe(null)
  }
  for (const text of ['', 'null', 'undefined', secret]) {
    expect(createAdminKey(null)(text, here)).toBe(null)
  }
})
