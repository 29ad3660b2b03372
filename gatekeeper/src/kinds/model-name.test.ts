import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { kindsByName } from '../../test/support/questions.ts'
import {
  isCloudModel,
  isListedFor,
  matchesPattern,
  mayUseModel,
  normalizeModelName,
} from './model-name.ts'

const { http, ollama, openai } = kindsByName

const normalize = (name: string) => normalizeModelName(ollama, name)

describe('all names of one model at Ollama fold to the same name', () => {
  test.each([
    ...['llama3', 'llama3:latest', 'LLAMA3', 'Llama3:Latest', ' llama3 ', '\tllama3\n'],
    ...['library/llama3', 'library/llama3:latest', 'Library/Llama3', 'llama3:local'],
    ...['llama3:latest:local', 'llama3:LOCAL', 'registry.ollama.ai/library/llama3'],
    ...['registry.ollama.ai/library/llama3:latest', 'Registry.Ollama.AI/Library/Llama3:LATEST'],
    ...[
      'https://registry.ollama.ai/library/llama3',
      'http://registry.ollama.ai/library/llama3:latest',
    ],
    ...[
      'HTTPS://registry.ollama.ai/library/llama3',
      'registry.ollama.ai/library/llama3:latest:local',
    ],
  ])('%j', (name) => {
    expect(normalize(name)).toBe('llama3:latest')
  })

  test.each([
    ['ada/m', 'ada/m:latest'],
    ['Ada/M:7B', 'ada/m:7b'],
    ['registry.ollama.ai/ada/m:7b', 'ada/m:7b'],
    ['host.example/ada/m', 'host.example/ada/m:latest'],
    ['host.example:5000/ada/m', 'host.example:5000/ada/m:latest'],
    ['hf.co/ada/m:Q4', 'hf.co/ada/m:q4'],
  ])('%s is %s', (name, expected) => {
    expect(normalize(name)).toBe(expected)
  })
})

describe('names of different models stay different', () => {
  test.each([
    ...['llama3:70b', 'llama3:latest2', 'llama3.1', 'llama', 'ada/llama3', 'llama3:cloud'],
    ...['llama3-cloud', 'host.example/library/llama3', 'xlibrary/llama3', 'llama3/x', ''],
    ...['registry.ollama.ai.evil.example/library/llama3', 'evil/registry.ollama.ai/library/llama3'],
    ...[
      'registry.ollama.ai/llama3',
      'llama3\0',
      'llama3:latest:x',
      'llama\u017f3',
      '../llama3',
      './llama3',
      'llama3:',
    ],
  ])('%j', (name) => {
    expect(normalize(name)).not.toBe('llama3:latest')
  })
})

test('other kinds do not fold names', () => {
  for (const name of ['GPT-4o', ' gpt-4o', 'library/m', 'm:latest']) {
    expect(normalizeModelName(openai, name)).toBe(name)
    expect(normalizeModelName(http, name)).toBe(name)
  }
})

test('folding is idempotent and never throws', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('m', 'M', ':', '/', ' ', '.', '7') }),
      ),
      (name) => {
        const once = normalize(name)
        expect(normalize(once)).toBe(once)
      },
    ),
    { numRuns: 10_000, examples: [['m:local'], ['library/m']] },
  )
})

describe('a pattern', () => {
  test.each([
    ['llama3.2:*', 'llama3.2:latest', true],
    ['llama3.2:*', 'llama3.2:1b', true],
    ['llama3.2:*', 'llama3.20:1b', false],
    ['llama3.2:*', 'ada/llama3.2:1b', false],
    ['llama*', 'llama3:latest', true],
    ['*', 'anything', true],
    ['*:7b', 'm:7b', true],
    ['*:7b', 'm:70b', false],
    ['ada/*', 'ada/m:latest', true],
    ['ada/*', 'ada2/m:latest', false],
    ['a*b*c', 'abc', true],
    ['a*b*c', 'aXbXc', true],
    ['a*b*c', 'acb', false],
    ['a*a', 'a', false],
    ['ab*ba', 'aba', false],
    ['**', 'x', true],
    ['m', 'm', true],
    ['m', 'mm', false],
    ['.*', 'm', false],
    ['m?', 'mm', false],
    ['', 'm', false],
    ['*', '\0', false],
  ])('%s matches %s: %j', (pattern, name, expected) => {
    expect(matchesPattern(pattern, name)).toBe(expected)
  })

  test('matches like a regular expression, in linear time', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '*') })
    fc.assert(
      fc.property(text, text, (pattern, name) => {
        const source = pattern.replaceAll('*', '[^]*')
        expect(matchesPattern(pattern, name)).toBe(new RegExp(`^${source}$`).test(name))
      }),
      { numRuns: 3_000 },
    )
    expect(matchesPattern('*a'.repeat(500), 'b'.repeat(100_000))).toBe(false)
  })
})

describe('a cloud model', () => {
  test.each([
    ...['gpt-oss:120b-cloud', 'm:cloud', 'M:Cloud', ' m:cloud ', 'm : cloud', 'm:cloud:local'],
    ...['m:7b-CLOUD', 'ada/m:cloud', 'https://registry.ollama.ai/library/m:cloud', 'm-cloud'],
  ])('%j is one', (name) => {
    expect(isCloudModel(ollama, normalize(name))).toBe(true)
    expect(mayUseModel(noRights, ollama, name)).toBe(false)
    expect(mayUseModel({ ...noRights, cloudModels: true }, ollama, name)).toBe(true)
  })

  test.each(['m', 'cloud', 'cloudy:7b', 'm:cloudy', 'm:7b', 'cloud/m', 'm:precloud'])(
    '%j is not one',
    (name) => {
      expect(isCloudModel(ollama, normalize(name))).toBe(false)
    },
  )

  test('can be reached through LiteLLM', () => {
    expect(isCloudModel(openai, 'ollama/m:cloud')).toBe(true)
    expect(isCloudModel(openai, 'ollama_chat/m:1b-cloud')).toBe(true)
    expect(isCloudModel(openai, 'my-cloud')).toBe(false)
  })
})

const noRights = { models: [], roleModels: [], cloudModels: null }

test('both lists, the key’s and the role’s, must contain a model', () => {
  const rights = { ...noRights, models: ['Llama3*', 'm'], roleModels: ['library/llama3:7b', 'm'] }
  const isListed = (name: string) => isListedFor(rights, ollama, normalize(name))
  expect(['llama3:7b', 'm', 'llama3:8b', 'x'].map(isListed)).toEqual([true, true, false, false])
})
