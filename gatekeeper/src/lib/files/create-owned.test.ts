import { chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createOwnedFile, createOwnedFolder } from './create-owned.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-owned-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a file made for the service', () => {
  it('is for its user only, and an existing file is not changed', () => {
    const file = join(folder, 'a/b/file')
    createOwnedFolder(join(folder, 'a/b'))
    createOwnedFile(file)
    expect(statSync(join(folder, 'a')).mode & 0o777).toBe(0o700)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    writeFileSync(file, 'text')
    createOwnedFile(file)
    createOwnedFolder(join(folder, 'a/b'))
    expect(statSync(file).size).toBe(4)
  })

  const isRoot = process.getuid?.() === 0
  if (!isRoot) process.stderr.write('SKIP: not root here, so no file is made for another user\n')

  it.skipIf(!isRoot)('by root belongs to the owner of the folder', () => {
    chownSync(folder, 65534, 65534)
    createOwnedFolder(join(folder, 'a/b'))
    createOwnedFile(join(folder, 'a/b/file'))
    expect(statSync(join(folder, 'a/b/file'))).toMatchObject({ uid: 65534, gid: 65534 })
  })
})
