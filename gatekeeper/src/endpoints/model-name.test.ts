import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalizeModelName } from './model-name.ts'

const normalize = (name: string) => normalizeModelName('ollama', name)

describe('all names that Ollama takes for one model fold to one', () => {
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

describe('other models stay other models', () => {
  test.each([
    ...['llama3:70b', 'llama3:latest2', 'llama3.1', 'llama', 'ada/llama3', 'llama3:cloud'],
    ...['llama3-cloud', 'host.example/library/llama3', 'xlibrary/llama3', 'llama3/x', ''],
    ...['registry.ollama.ai.evil.example/library/llama3', 'evil/registry.ollama.ai/library/llama3'],
    ...['llama3\0', 'llama3:latest:x', 'llama\u017f3', '../llama3', './llama3', 'llama3:'],
  ])('%j', (name) => {
    expect(normalize(name)).not.toBe('llama3:latest')
  })
})

test('elsewhere a name is what it is', () => {
  for (const name of ['GPT-4o', ' gpt-4o', 'library/m', 'm:latest']) {
    expect(normalizeModelName('openai', name)).toBe(name)
    expect(normalizeModelName('http', name)).toBe(name)
  }
})

test('folding twice is folding once, and never throws', () => {
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
