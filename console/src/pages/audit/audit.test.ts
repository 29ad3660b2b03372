import { expect, it } from 'vitest'
import { auditPath, commandFor, readFilters, sayEvent, sayWhat } from './audit.ts'

it('filters are kept in the address, and nothing else of it is a filter', () => {
  const filters = readFilters(new URLSearchParams('chain=acts&user=ada&sort=x&event='))
  expect(filters).toEqual({ chain: 'acts', user: 'ada' })
  expect(auditPath(filters, 'abc')).toBe('/audit?chain=acts&user=ada&cursor=abc&limit=50')
})

it('the command finds the same, and a value cannot end its word', () => {
  expect(commandFor({ chain: 'requests', success: 'false', user: "a'b; rm" })).toBe(
    "npm run audit -- query --event request --user 'a'\\''b; rm' --outcome deny",
  )
  expect(commandFor({})).toBe('npm run audit -- query')
})

it('a record is said in a few words', () => {
  const record = { id: '1', at: '', actor: null, success: true, requestId: null }
  expect(
    sayWhat({
      ...record,
      event: 'request',
      about: 'ollama',
      details: { method: 'GET', path: '/api/tags' },
    }),
  ).toBe('GET /api/tags')
  expect(sayWhat({ ...record, event: 'key.added', about: 'abc', details: { user: 'ada' } })).toBe(
    'abc, ada',
  )
  expect(sayEvent('provider_key.set')).toBe('Provider key set')
})
