import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addBenchBlocks } from './caddyfile.ts'

const shipped = readFileSync(join(resolve(import.meta.dirname, '../..'), 'caddy/Caddyfile'), 'utf8')

describe('the Caddyfile of the bench', () => {
  it('is the shipped one, every line of it, with blocks added', () => {
    const made = addBenchBlocks(shipped)
    expect(made).toContain('forward_auth')
    const added = made.split('\n').length - shipped.split('\n').length
    const start = made.indexOf('\thandle_path /plain/*')
    const lines = made.slice(start).split('\n')
    expect(made.slice(0, start) + lines.slice(added).join('\n')).toBe(shipped)
  })

  it('a Caddyfile without the place for them is refused, not measured without them', () => {
    expect(() => addBenchBlocks('localhost {\n}\n')).toThrow('everything else')
  })
})
