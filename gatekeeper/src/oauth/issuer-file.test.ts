import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ProblemsError } from '../lib/problem.ts'
import {
  findIssuerProblems,
  type IssuerAct,
  issuerPath,
  issuersAt,
  moveIssuer,
  noteIssuerUse,
  readIssuer,
  requireSameIssuer,
  tokenLifeMsMax,
} from './issuer-file.ts'

const [old, next, third] = ['https://old.example', 'https://new.example', 'https://third.example']
const now = Date.parse('2026-11-30T12:00:00Z')

describe('the issuer name that is written down', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gk-issuer-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const acts: IssuerAct[] = []
  const move = (to: string, at = now) =>
    moveIssuer(folder, to, {
      clock: () => at,
      record: async (act) => void acts.push(act),
    })

  it('is the one of the first start', async () => {
    expect(readIssuer(folder)).toBe(null)
    const made = await requireSameIssuer(folder, { issuer: old, isUsed: false })
    expect(made).toEqual({ issuer: old, isUsed: false, former: [] })
    expect(readIssuer(folder)).toEqual(made)
    expect(await requireSameIssuer(folder, { issuer: old, isUsed: true })).toEqual(made)
  })

  it('follows the settings as long as no token has it', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: false })
    expect(await requireSameIssuer(folder, { issuer: next, isUsed: false })).toMatchObject({
      ...{ issuer: next, former: [] },
    })
  })

  it('refuses another one once a token may have it, and names both and the command', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: false })
    await noteIssuerUse(folder, old)
    const refused = requireSameIssuer(folder, { issuer: next, isUsed: false })
    await expect(refused).rejects.toMatchObject({
      problems: [
        {
          what: expect.stringMatching(`${next} .*${old}`),
          remedy: expect.stringContaining('npm run keys -- move-issuer'),
        },
      ],
    })
    expect(readIssuer(folder)).toMatchObject({ issuer: old, isUsed: true })
    // The doctor says so before the start.
    expect(findIssuerProblems(folder, next)).toHaveLength(1)
    expect(findIssuerProblems(folder, old)).toEqual([])
  })

  it('of an older version counts as used', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: true })
    await expect(requireSameIssuer(folder, { issuer: next, isUsed: true })).rejects.toThrow()
  })

  it('changes by a move: the old one is accepted for the longest life of a token', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: true })
    acts.splice(0)
    const moved = await move(next)
    const until = now + tokenLifeMsMax
    expect(moved).toEqual({ issuer: next, isUsed: true, former: [{ issuer: old, until }] })
    expect(acts).toEqual([
      {
        ...{ event: 'settings.changed', setting: 'OAUTH_ISSUER', from: old, to: next },
        until: new Date(until).toISOString(),
      },
    ])
    expect(moved && issuersAt(moved, until - 1)).toEqual([next, old])
    expect(moved && issuersAt(moved, until)).toEqual([next])
    await expect(requireSameIssuer(folder, { issuer: next, isUsed: false })).resolves.toEqual(moved)
    await expect(requireSameIssuer(folder, { issuer: old, isUsed: false })).rejects.toThrow()
  })

  it('keeps every name whose tokens live, also on the way back', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: true })
    await move(next)
    expect((await move(third, now + 1))?.former.map(({ issuer }) => issuer)).toEqual([old, next])
    const back = await move(old, now + 2)
    expect(back && issuersAt(back, now + 2)).toEqual([old, next, third])
    const late = await move(next, now + 2 * tokenLifeMsMax)
    expect(late?.former.map(({ issuer }) => issuer)).toEqual([old])
  })

  it('is not changed where the act cannot be recorded', async () => {
    await requireSameIssuer(folder, { issuer: old, isUsed: true })
    const before = readFileSync(issuerPath(folder), 'utf8')
    const failing = { clock: () => now, record: () => Promise.reject(new Error('full')) }
    await expect(moveIssuer(folder, next, failing)).rejects.toThrow('full')
    expect(readFileSync(issuerPath(folder), 'utf8')).toBe(before)
  })

  it('moves nowhere where nothing is written down, or nothing changes', async () => {
    expect(await move(next)).toBe(null)
    expect(existsSync(issuerPath(folder))).toBe(false)
    await requireSameIssuer(folder, { issuer: old, isUsed: true })
    expect(await move(old)).toBe(null)
  })

  it('that cannot be read is a problem with its place, and is not replaced', async () => {
    mkdirSync(dirname(issuerPath(folder)))
    for (const text of [
      '{',
      '{"version":2}',
      '{"version":1,"issuer":"x","isUsed":1,"former":[]}',
    ]) {
      writeFileSync(issuerPath(folder), text)
      const read = requireSameIssuer(folder, { issuer: old, isUsed: false })
      const { problems } = (await read.catch((error) => error)) as ProblemsError
      expect(problems[0]?.source).toBe(issuerPath(folder))
      await expect(noteIssuerUse(folder, old)).rejects.toThrow()
      expect(readFileSync(issuerPath(folder), 'utf8')).toBe(text)
    }
  })
})
