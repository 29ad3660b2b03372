import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../../gatekeeper/src/audit/chain.ts'
import { UsageError } from '../frame/words.ts'
import { readFilter } from './read-filter.ts'
import { showRecord } from './show-record.ts'

const record = (fields: object): AuditRecord => ({
  ...{ sequence: 1, at: '2026-11-22T00:00:00.000Z', previous: '' },
  ...fields,
})
const isFound = (values: Record<string, string>, fields: object) =>
  readFilter({ values, positionals: [] })(record(fields))

describe('a question', () => {
  it.each([
    [{ key: 'abc' }, { principal: 'key:abc' }, true],
    [{ key: 'key:abc' }, { principal: 'key:abc' }, true],
    [{ key: 'abc' }, { key: 'abc', event: 'key.added' }, true],
    [{ key: 'client:app' }, { principal: 'client:app' }, true],
    [{ key: 'app' }, { clientId: 'app' }, true],
    [{ key: 'https://id.example#ada' }, { principal: 'https://id.example#ada' }, true],
    [{ key: 'abc' }, { principal: 'key:abcd' }, false],
    [{ user: 'ada' }, { user: 'ada' }, true],
    [{ user: 'root' }, { by: { user: 'root' } }, true],
    [{ user: 'ada' }, {}, false],
    [{ address: '10.0.0.0/8' }, { clientAddress: '10.1.2.3' }, true],
    [{ address: '10.0.0.0/8' }, { clientAddress: '11.1.2.3' }, false],
    [{ address: '2001:db8::/32' }, { addressGroup: '2001:db8:0:0::/64' }, true],
    [{ address: '10.1.2.3' }, {}, false],
    [{ event: 'key' }, { event: 'key.added' }, true],
    [{ event: 'key' }, { event: 'keys.reloaded' }, false],
    [{ outcome: 'deny', service: 'tts' }, { outcome: 'deny', service: 'tts' }, true],
    [{ outcome: 'deny', service: 'tts' }, { outcome: 'deny', service: 'ollama' }, false],
  ])('%j of %j: %s', (values, fields, expected) => {
    expect(isFound(values, fields)).toBe(expected)
  })

  it.each([{ address: 'here' }, { outcome: 'maybe' }])('%j is refused', (values) => {
    expect(() => isFound(values, {})).toThrow(UsageError)
  })
})

describe('a line for people', () => {
  it('tells of a request', () => {
    const request = { event: 'request', outcome: 'deny', status: 401, method: 'GET', path: '/api' }
    const rest = { clientAddress: '192.0.2.1', reason: 'no-credential', durationMs: 1.5 }
    expect(showRecord(record({ ...request, ...rest }), new Map())).toBe(
      '2026-11-22T00:00:00.000Z  deny   401  GET /api  192.0.2.1  anonymous  no-credential  1.5 ms',
    )
  })

  it('shows the tags of the key, also of a key that was changed', () => {
    const tags = new Map([['key:abcde01234', ['env=prod', 'owner=ada']]])
    const request = { event: 'request', principal: 'key:abcde01234', user: 'ada' }
    expect(showRecord(record(request), tags)).toMatch(/ {2}\[env=prod, owner=ada\]$/)
    const act = { event: 'key.edited', key: 'abcde01234' }
    expect(showRecord(record(act), tags)).toMatch(/ {2}\[env=prod, owner=ada\]$/)
    expect(showRecord(record({ event: 'key.edited', key: 'other' }), tags)).not.toContain('[')
  })

  it('moves no cursor', () => {
    const line = showRecord(record({ event: 'key.added', owner: '\u001b[2Jx\u202e\n' }), new Map())
    expect(line).toContain('owner=?[2Jx??')
  })
})
