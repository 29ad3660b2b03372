import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Child, startChild, waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import {
  ada,
  behind,
  canMount,
  makePlace,
  open,
  type Place,
  root,
  startFailing,
  startReady,
} from './support/place.ts'

describe('a damaged state folder', () => {
  const edge = 'ab'.repeat(32)
  it.each([
    ['garbage', `not json ${edge}`],
    ['empty', ''],
    ['null', 'null'],
    ['a list', JSON.stringify([edge, edge])],
    ['with an empty secret', JSON.stringify({ edge: '', proof: edge })],
    ['with a short secret', JSON.stringify({ edge: edge.slice(1), proof: 'cd'.repeat(32) })],
    ['with one secret for both', JSON.stringify({ edge, proof: edge })],
    [
      'with a line break for Caddy in it',
      JSON.stringify({ edge: `${edge}\n}`, proof: 'cd'.repeat(32) }),
    ],
  ])('secrets %s: 78, what to do, and no secret shown', async (_name, text) => {
    const place = makePlace()
    writeFileSync(join(place.stateDir, 'front-secrets.json'), text)
    const { code, said } = await startFailing(place)
    expect(code).toBe(78)
    expect(said).toMatch(/front-secrets\.json does not contain both secrets\. Delete it/)
    expect(said).not.toContain(edge.slice(0, 16))
  })

  it('secrets that are a folder: 78 and what to do', async () => {
    const place = makePlace()
    mkdirSync(join(place.stateDir, 'front-secrets.json'))
    const { code, said } = await startFailing(place)
    expect([code, said]).toEqual([78, expect.stringMatching(/state.*cannot be used/)])
  })

  it.skipIf(!canMount)('on a disk that is read-only: 78 and what to do', async () => {
    const place = makePlace()
    const script = `mount --bind "${place.stateDir}" "${place.stateDir}" && mount -o remount,ro,bind "${place.stateDir}"`
    const { code, said } = await startFailing(place, behind(script))
    expect([code, said]).toEqual([78, expect.stringMatching(/cannot be used[\s\S]*writable/)])
  })

  it.skipIf(!canMount)('on a disk that is full: 78 and what to do', async () => {
    const place = makePlace()
    const fill = `mount -t tmpfs -o size=16k none "${place.stateDir}" && (cat /dev/zero > "${place.stateDir}/fill" 2>/dev/null; true)`
    const { code, said } = await startFailing(place, behind(fill))
    expect([code, said]).toEqual([78, expect.stringMatching(/ENOSPC[\s\S]*space left/)])
  })

  it('keeps the files that it creates from all other users', async () => {
    const place = makePlace()
    await startReady(place)
    const modes = execFileSync('find', [place.stateDir, '-type', 'f', '-perm', '/077'], {
      encoding: 'utf8',
    })
    expect(modes).toBe('')
  })
})

describe.skipIf(!canMount)('a disk that is full while keys are written', () => {
  const script = join(root, 'scripts/keys.ts')
  const add = `"${process.execPath}" "${script}" add --user x --service ollama --json`
  /**
   * Runs a shell line with the keys folder on a disk of 256 kB; the remaining files are copied out.
   */
  const onSmallDisk = (place: Place, line: string) => {
    const out = join(place.folder, 'out')
    mkdirSync(out)
    const big = join(place.folder, 'big.json')
    const keys = Array.from({ length: 300 }, () => makeKey({ user: 'filler' }))
    writeFileSync(big, keyFileText([ada, ...keys]))
    const whole = `set -u; K="${place.keysDir}"; B="${big}"; mount -t tmpfs -o size=256k none "$K"
      cp "$B" "$K/keys.json"; ${line}; ls -A "$K" > "${out}/ls"; cp "$K/keys.json" "${out}/keys.json"`
    const result = startChild('unshare', ['-m', 'sh', '-c', whole], place.env)
    open.children.push(result)
    return { result, out, big }
  }
  const ended = (child: Child) =>
    waitUntil(() => child.process.exitCode !== null, { limitMs: 30_000, describe: child.output })

  it('the old file stays whole, nothing else stays, and exit 73 says why', async () => {
    const place = makePlace()
    const { result, out, big } = onSmallDisk(place, `${add}; echo "code $?"`)
    await ended(result)
    expect(result.output()).toMatch(/space|full|ENOSPC/)
    expect(result.output()).toContain('code 73')
    expect(readFileSync(join(out, 'keys.json'), 'utf8')).toBe(readFileSync(big, 'utf8'))
    expect(readFileSync(join(out, 'ls'), 'utf8')).toBe('keys.json\n')
    expect(result.output()).not.toMatch(/gk_/)
  })

  it('with no byte left not even a lock stays: the second try gives the same message', async () => {
    const place = makePlace()
    const line = `cat /dev/zero > "$K/fill" 2>/dev/null; ${add}; echo "code $?"; ${add}; echo "code $?"`
    const { result, out, big } = onSmallDisk(place, line)
    await ended(result)
    expect(result.output().match(/code \d+/g)).toEqual(['code 73', 'code 73'])
    expect(readFileSync(join(out, 'ls'), 'utf8')).toBe('fill\nkeys.json\n')
    expect(readFileSync(join(out, 'keys.json'), 'utf8')).toBe(readFileSync(big, 'utf8'))
  })

  it('a file that is a mount of its own, on a full disk, is not truncated', async () => {
    const place = makePlace()
    const line = `umount "$K"; D="${place.folder}/disk"; mkdir "$D"; mount -t tmpfs -o size=256k none "$D"
      cp "$B" "$D/keys.json"; cat /dev/zero > "$D/fill" 2>/dev/null
      mount --bind "$D/keys.json" "$K/keys.json"
      for i in 1 2 3 4 5 6 7 8 9 10 11 12; do ${add} > /dev/null 2> "${place.folder}/err"; C=$?; [ $C = 0 ] || break; done
      cat "${place.folder}/err"; echo "code $C"`
    const { result, out } = onSmallDisk(place, line)
    await ended(result)
    expect(result.output()).toContain('code 73')
    const left = JSON.parse(readFileSync(join(out, 'keys.json'), 'utf8')) as { keys: object }
    expect(Object.keys(left.keys).length).toBeGreaterThanOrEqual(301)
  }, 60_000)
})
