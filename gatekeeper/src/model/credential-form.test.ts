import { expect, test } from 'vitest'
import { hasApiKeyForm, hasTokenForm } from './credential-form.ts'

test.each([
  { text: 'gk_broken', key: true, token: false },
  { text: 'a.b.c', key: false, token: true },
  { text: 'eyJhbGciOiJub25lIn0.e30.', key: false, token: true },
  { text: 'a.b', key: false, token: false },
  { text: 'a.b.c.d', key: false, token: false },
  { text: 'my-secret', key: false, token: false },
])('$text is distinguished by its form only', ({ text, key, token }) => {
  expect([hasApiKeyForm(text), hasTokenForm(text)]).toEqual([key, token])
})
