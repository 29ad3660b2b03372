import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { planGatekeeperNode } from './gatekeeper-node.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-node-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a small program with the flags and the environment of a gatekeeper below `root`. */
function run(root: string) {
  const program = join(folder, 'program.ts')
  writeFileSync(program, "const text: string = 'ran'\nprocess.stdout.write(text)\n")
  const { words, env } = planGatekeeperNode(root)
  const flags = words.filter((word) => word.startsWith('--'))
  const options = { env: { ...process.env, ...env }, encoding: 'utf8', timeout: 20_000 } as const
  const { status, stdout } = spawnSync(process.execPath, [...flags, program], options)
  return { status, output: stdout }
}

describe('the Node of the gatekeeper', () => {
  it('keeps what it compiled beside the code, and nowhere else', () => {
    expect(run(folder)).toEqual({ status: 0, output: 'ran' })
    expect(readdirSync(folder).sort()).toEqual(['node_modules', 'program.ts'])
    expect(existsSync(join(folder, 'node_modules/.cache/gatekeeper'))).toBe(true)
  })

  it('starts without where nothing can be written there', () => {
    // Whatever is below it cannot be made, not even by root.
    const root = join(folder, 'file')
    writeFileSync(root, '')
    expect(run(root)).toEqual({ status: 0, output: 'ran' })
  })
})
