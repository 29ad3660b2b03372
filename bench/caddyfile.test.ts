import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBenchBlocks } from './caddyfile.ts'

const shipped = readFileSync(join(resolve(import.meta.dirname, '..'), 'caddy/Caddyfile'), 'utf8')

describe('the Caddyfile of the bench', () => {
  it('is the shipped one with added blocks', () => {
    const made = addBenchBlocks(shipped, ['\thandle_path /peer/* {\n\t}\n'])
    for (const added of ['forward_auth', '(gate_pooled)', '/peer/*']) expect(made).toContain(added)
    const rest = made.split('\n')
    for (const line of shipped.split('\n')) {
      const at = rest.indexOf(line)
      expect(at).toBeGreaterThanOrEqual(0)
      rest.splice(0, at + 1)
    }
  })

  it('only the gate that is not shipped keeps connections; it has no other difference', () => {
    const made = addBenchBlocks(shipped)
    const snippet = (name: string) => {
      const start = made.indexOf(`\n(${name}) {\n`)
      return made.slice(start, made.indexOf('\n}\n', start)).split('\n').slice(2)
    }
    const [ours, pooled] = [snippet('gate'), snippet('gate_pooled')]
    expect(ours.filter((line) => !pooled.includes(line))).toEqual(['\t\t\tkeepalive off'])
    expect(made.split('import gate_pooled')).toHaveLength(2)
  })

  it('a Caddyfile without the place for the blocks is an error', () => {
    expect(() => addBenchBlocks('localhost {\n}\n')).toThrow('everything else')
  })
})
