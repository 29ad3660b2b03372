import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openCloneForEach } from '../../test/clone.ts'
import { clock } from './clock.ts'

const clone = openCloneForEach()

const hourMs = 3_600_000

describe('the clock', () => {
  /** The files are as old as this test, and so is the time. */
  const present = () => Date.now()

  it('that agrees with files and servers is right', async () => {
    const get = async () => ({ status: 200, text: '', dateAt: present() })
    expect(await clone.examine(clock, {}, { clock: present, get })).toEqual([])
  })

  it('that servers without a Date field say nothing about is right', async () => {
    const get = async () => ({ status: 200, text: '', dateAt: null })
    expect(await clone.examine(clock, {}, { clock: present, get })).toEqual([])
  })

  it('is behind where a file comes from the future', async () => {
    const at = (present() + 3 * hourMs) / 1000
    await utimes(join(clone.folder, 'gatekeeper.yaml'), at, at)
    expect(await clone.examine(clock, {}, { clock: present })).toMatchObject([
      {
        level: 'warning',
        source: join(clone.folder, 'gatekeeper.yaml'),
        what: expect.stringContaining('3 h'),
      },
    ])
  })

  it.each([
    { minutes: 3, level: 'warning', what: '3 min ahead of' },
    { minutes: -30, level: 'error', what: '30 min behind' },
  ])('differs from that of an upstream by $minutes min', async ({ minutes, level, what }) => {
    const get = async (url: string) =>
      url === 'http://10.0.0.9:11434'
        ? { status: 200, text: '', dateAt: present() + minutes * 60_000 }
        : null
    const env = { OLLAMA_URL: 'http://10.0.0.9:11434' }
    expect(await clone.examine(clock, env, { clock: present, get })).toMatchObject([
      { level, source: env.OLLAMA_URL, what: expect.stringContaining(what) },
    ])
  })
})
