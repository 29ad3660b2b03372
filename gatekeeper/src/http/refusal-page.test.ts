import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { pagePolicy } from '../policy/reason-page.ts'
import { acceptsPage, pageOf } from './refusal-page.ts'

const answer = {
  status: 403,
  fields: {
    'content-type': 'application/json',
    'x-request-id': '<r&1>',
    'cache-control': 'no-store',
  },
  body: '{}',
}

describe('the page of a refusal', () => {
  test('says the reason, escaped, and what to do', () => {
    const { status, fields, body } = pageOf(answer, `<script>alert("x")</script> & it's no`)
    expect(status).toBe(403)
    expect(fields['content-type']).toBe('text/html; charset=utf-8')
    expect(fields['cache-control']).toBe('no-store')
    expect(body).not.toMatch(/<script|"x"|<r&1>/)
    expect(body).toContain('&#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62; &#38; it&#39;s no')
    expect(body).toContain('Ask the operator of this gateway')
  })

  test.each([400, 401, 404, 429, 500, 502, 503, 504])('has words for %i', (status) => {
    const { body } = pageOf({ ...answer, status }, 'The reason.')
    expect(body).toMatch(/<h1>[A-Z][^<]+<\/h1><p>The reason\.<\/p><p>.+<\/p>/)
  })

  test('says how long to wait', () => {
    const fields = { ...answer.fields, 'retry-after': '7' }
    expect(pageOf({ ...answer, status: 429, fields }, 'Too many.').body).toContain(
      'Wait 7 seconds.',
    )
  })

  test('may load its own style and nothing else', () => {
    const { fields, body } = pageOf(answer, 'x')
    const style = /<style>(.*)<\/style>/.exec(body)?.[1] ?? ''
    const digest = createHash('sha256').update(style).digest('base64')
    expect(fields['content-security-policy']).toBe(
      `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    )
  })

  test('and the one in Caddy have the same form', () => {
    const file = resolve(import.meta.dirname, '../../../caddy/Caddyfile')
    const caddyfile = readFileSync(file, 'utf8')
    const style = /<style>.*<\/style>/.exec(pageOf(answer, 'x').body)?.[0] ?? '-'
    expect(caddyfile).toContain(style)
    expect(caddyfile).toContain(pagePolicy)
  })
})

test.each([
  ['text/html,application/xhtml+xml,*/*;q=0.8', true],
  ['application/json, text/html;q=0.9', true],
  ['TEXT/HTML', true],
  ['*/*', false],
  ['application/json', false],
  ['text/html5', false],
  [undefined, false],
])('Accept: %s', (accept, expected) => {
  expect(acceptsPage(accept)).toBe(expected)
})
