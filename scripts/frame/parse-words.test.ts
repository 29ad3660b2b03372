import { describe, expect, test } from 'vitest'
import { commonOptions, parseWords, unknownCommand } from './parse-words.ts'

const options = {
  ...commonOptions,
  user: { type: 'string', short: 'u' },
  service: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
} as const
const npm = { env: {}, readFile: () => null }
const read = (...args: string[]) => parseWords(args, options, { npm })

describe('the reader of command lines', () => {
  test('takes short and long options, and words', () => {
    const { values, positionals } = read('-u', 'eve', '--service=a', '--service', 'b', 'ID')
    expect(values).toMatchObject({ user: 'eve', service: ['a', 'b'], json: false })
    expect(positionals).toEqual(['ID'])
  })

  test.each([
    [['--services', 'ollama'], 'there is no option --services (did you mean --service?)'],
    [['--limits', '60/min'], 'there is no option --limits (did you mean --limit?)'],
    [['--usre', 'eve'], 'there is no option --usre (did you mean --user?)'],
    [['--colour'], 'there is no option --colour; there are --json, --help, --user'],
    [['-x'], 'there is no option -x; there are'],
    [['--user'], '--user needs a value after it'],
    [['--user', '--service', 'a'], '--user needs a value after it'],
    [['--json=yes'], '--json takes no value'],
    [['--user', 'a', '--user', 'b'], '--user is given twice'],
  ])('%j: %s', (args, message) => {
    expect(() => read(...args)).toThrow(message)
  })

  test('says everything that is wrong at once', () => {
    const message = /--services(.|\n)*--user needs a value/
    expect(() => read('--services', 'a', '--user')).toThrow(message)
  })

  test('never repeats a key that was pasted as an option or a command', () => {
    const key = `gk_${'a'.repeat(10)}_${'b'.repeat(49)}`
    const hidden = expect.objectContaining({ message: expect.not.stringContaining('bbb') })
    expect(() => read(`--${key}`)).toThrow(hidden)
    expect(unknownCommand(key, ['add']).message).not.toContain('bbb')
  })

  test('names the command that was meant', () => {
    expect(unknownCommand('lsit', ['add', 'list']).message).toContain('(did you mean list?)')
    expect(unknownCommand('zzz', ['add', 'list']).message).toContain('there are add, list')
  })
})
