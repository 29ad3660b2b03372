import { describe, expect, it } from 'vitest'
import { disk } from '../../../gatekeeper/src/operations/doctor/examinations/disk.ts'
import { now, openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

describe('the disk', () => {
  it.each([
    { free: 1e12, found: [] },
    { free: null, found: [] },
    { free: 200e6, found: [{ level: 'warning', what: expect.stringMatching(/has 190 MiB left/) }] },
    { free: 1e6, found: [{ level: 'error' }] },
  ])('with $free bytes left', async ({ free, found }) => {
    const outside = { freeBytes: async () => free, clock: () => now }
    expect(await clone.examine(disk, {}, outside)).toMatchObject(found)
  })
})
