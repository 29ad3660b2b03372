import { describe, expect, it } from 'vitest'
import { UsageError } from '../words/words.ts'
import { readSince, readWords } from './read-words.ts'

const at = { now: Date.UTC(2026, 10, 22, 12), timeZone: 'Europe/Berlin' }

describe('the words of the usage command', () => {
  it('have defaults', () => {
    expect(readWords([])).toEqual({ by: 'key', since: '30d', form: 'table', isHelp: false })
  })

  it('are taken as they are given', () => {
    const words = ['--by', 'day', '--since=7d', '--csv']
    expect(readWords(words)).toEqual({ by: 'day', since: '7d', form: 'csv', isHelp: false })
  })

  it.each([
    ['an unknown grouping', ['--by', 'tenant'], /key, user, model, service, day/],
    ['a member of every object', ['--by', 'constructor'], /none of/],
    ['two forms', ['--json', '--csv'], /exclude/],
    ['a command', ['list'], /no command "list"/],
    ['an unknown option', ['--until', '7d'], /--until/],
    ['an option without value', ['--by'], /--by/],
  ])('%s is refused, and named', (_name, words, message) => {
    expect(() => readWords(words)).toThrow(UsageError)
    expect(() => readWords(words)).toThrow(message)
  })
})

describe('--since', () => {
  it.each([
    ['7d', '2026-11-15T12:00:00.000Z'],
    ['12h', '2026-11-22T00:00:00.000Z'],
    ['2026-11-01', '2026-10-31T23:00:00.000Z'],
    ['2026-11-01T08:00:00Z', '2026-11-01T08:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(new Date(readSince(text, at)).toISOString()).toBe(instant)
  })

  it.each(['', '7', 'yesterday', '2026-02-31', '-7d'])('%j is refused', (text) => {
    expect(() => readSince(text, at)).toThrow(UsageError)
  })
})
