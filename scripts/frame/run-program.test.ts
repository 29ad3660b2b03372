import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

it.each(['keys', 'usage', 'audit', 'explain', 'doctor'])(
  '%s: a reader that left (`| head`) is no fault and leaves no stack',
  async (name) => {
    const script = resolve(import.meta.dirname, `../${name}.ts`)
    const child = spawn(process.execPath, [script, '--help'], {
      env: { PATH: process.env['PATH'] },
    })
    child.stdout.destroy()
    const said = text(child.stderr)
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await said).toBe('')
  },
)
