import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-loading-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a program that has loaded, and then is killed at once. */
function runAndKill(cache: string) {
  const module = JSON.stringify(join(import.meta.dirname, 'finish-loading.ts'))
  const program = join(folder, 'program.ts')
  const body = "finishLoading()\nprocess.stdout.write('done')\nprocess.kill(process.pid, 'SIGKILL')"
  writeFileSync(program, `import { finishLoading } from ${module}\n${body}\n`)
  const env = { ...process.env, NODE_COMPILE_CACHE: cache }
  return spawnSync(process.execPath, [program], { env, encoding: 'utf8', timeout: 20_000 })
}

test('the compile cache is kept even if the process is killed', () => {
  const cache = join(folder, 'cache')
  expect(runAndKill(cache)).toMatchObject({ signal: 'SIGKILL', stdout: 'done' })
  const kept = readdirSync(cache, { recursive: true, withFileTypes: true })
  expect(kept.filter((entry) => entry.isFile()).length).toBeGreaterThanOrEqual(2)
})

test('a cache that cannot be kept causes no message', () => {
  // Nothing below it can be created, not even by root.
  writeFileSync(join(folder, 'file'), '')
  const { stdout, stderr } = runAndKill(join(folder, 'file', 'cache'))
  expect({ stdout, stderr }).toEqual({ stdout: 'done', stderr: '' })
})
