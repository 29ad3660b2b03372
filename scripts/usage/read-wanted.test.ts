import { describe, expect, it } from 'vitest'
import { parseWords } from '../frame/parse-words.ts'
import { UsageError } from '../frame/words.ts'
import { readWanted, usageOptions } from './read-wanted.ts'

const npm = { env: {}, readFile: () => null }
const read = (words: readonly string[]) => readWanted(parseWords(words, usageOptions, { npm }))

describe('the words of the usage command', () => {
  it('have defaults', () => {
    expect(read([])).toEqual({ by: 'key', since: '30d', form: 'table' })
  })

  it('are taken as they are given', () => {
    const words = ['--by', 'day', '--since=7d', '--csv']
    expect(read(words)).toEqual({ by: 'day', since: '7d', form: 'csv' })
  })

  it.each([
    ['an unknown grouping', ['--by', 'tenant'], /key, user, model, service, day/],
    ['a member of every object', ['--by', 'constructor'], /must be one of/],
    ['two forms', ['--json', '--csv'], /exclude/],
    ['a command', ['list'], /no command "list"/],
    ['an unknown option', ['--until', '7d'], /--until/],
    ['an option without value', ['--by'], /--by/],
  ])('%s is refused, and named', (_name, words, message) => {
    expect(() => read(words)).toThrow(UsageError)
    expect(() => read(words)).toThrow(message)
  })
})
