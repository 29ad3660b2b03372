import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemTimers, type Timers } from '../timers.ts'
import { type FileState, readStable } from './stable-read.ts'
import { type WatchedFile, watchFile } from './watched-file.ts'

let folder: string
let path: string
let watched: WatchedFile | undefined
let seen: FileState[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'watched-'))
  path = join(folder, 'keys.json')
  seen = []
})

afterEach(async () => {
  watched?.close()
  await rm(folder, { recursive: true, force: true })
})

const text = (content: string) => ({ kind: 'text', text: content, isDetached: false })
const start = async (timers?: Timers) => {
  watched = await watchFile(path, (state) => seen.push(state), timers)
  return watched
}
/** Waits for events of the real file system; the promise is two seconds. */
const until = (check: () => void) => vi.waitFor(check, { timeout: 2000, interval: 5 })

/** Timers that never run by themselves: `poll` and `settle` run them. */
function createStoppedTimers() {
  const polls: (() => void)[] = []
  const delayed: (() => void)[] = []
  const timers: Timers = {
    every: (_, run) => {
      polls.push(run)
      return () => {}
    },
    after: (_, run) => {
      delayed.push(run)
      return () => {}
    },
  }
  return { timers, delayed, poll: () => polls.forEach((run) => void run()) }
}

describe('the initial state', () => {
  test('a text', async () => {
    await writeFile(path, 'one')
    expect((await start()).first).toEqual(text('one'))
  })

  test('no file, and not even a folder', async () => {
    expect((await start()).first).toEqual({ kind: 'absent' })
    path = join(folder, 'none', 'keys.json')
    expect((await start()).first).toEqual({ kind: 'absent' })
  })

  test('a folder in place of the file', async () => {
    await mkdir(path)
    expect((await start()).first).toEqual({ kind: 'unreadable', code: 'EISDIR' })
  })

  test('bytes that are not UTF-8 are refused, not repaired', async () => {
    await writeFile(path, Buffer.from([0x22, 0xff, 0x22]))
    expect((await start()).first).toEqual({ kind: 'unreadable', code: 'not-utf8' })
  })
})

describe('a change is seen within two seconds', () => {
  test('in place, by rename, by rename again, removed, made again', async () => {
    await writeFile(path, 'one')
    await start()
    await writeFile(path, 'two')
    await until(() => expect(seen.at(-1)).toEqual(text('two')))
    for (const content of ['three', 'four']) {
      await writeFile(`${path}.new`, content)
      await rename(`${path}.new`, path)
      await until(() => expect(seen.at(-1)).toEqual(text(content)))
    }
    await rm(path)
    await until(() => expect(seen.at(-1)).toEqual({ kind: 'absent' }))
    await writeFile(path, 'five')
    await until(() => expect(seen.at(-1)).toEqual(text('five')))
  })

  test('of the same length, in the same tick of the clock', async () => {
    await writeFile(path, 'aaa')
    await start()
    await writeFile(path, 'bbb')
    await writeFile(path, 'ccc')
    await until(() => expect(seen.at(-1)).toEqual(text('ccc')))
  })

  test('in a folder that is created later, and in one that was removed and created again', async () => {
    path = join(folder, 'later', 'keys.json')
    await start()
    for (const content of ['one', 'two']) {
      await mkdir(join(folder, 'later'))
      await writeFile(path, content)
      await until(() => expect(seen.at(-1)).toEqual(text(content)))
      await rm(join(folder, 'later'), { recursive: true })
      await until(() => expect(seen.at(-1)).toEqual({ kind: 'absent' }))
    }
  })

  test('under a storm of other files in the folder', async () => {
    await start()
    let isOver = false
    const storm = (async () => {
      for (let at = 0; !isOver; at++) await writeFile(join(folder, `other-${at % 5}`), `${at}`)
    })()
    await writeFile(path, 'one')
    await until(() => expect(seen.at(-1)).toEqual(text('one'))).finally(() => {
      isOver = true
    })
    await storm
  })
})

test('polling alone is enough if a mount delivers no events', async () => {
  const stopped = createStoppedTimers()
  await start(stopped.timers)
  await writeFile(path, 'one')
  stopped.poll()
  await until(() => expect(seen).toEqual([text('one')]))
})

test('a file that did not change is not reported again', async () => {
  await writeFile(path, 'one')
  const { check } = await start(createStoppedTimers().timers)
  await check()
  await writeFile(path, 'one')
  await check()
  expect(seen).toEqual([])
})

test('events report a change at once, without waiting for the poll', async () => {
  const { timers } = createStoppedTimers()
  await start({ ...systemTimers, every: timers.every })
  await writeFile(path, 'one')
  await until(() => expect(seen).toEqual([text('one')]))
})

test('a burst of events causes one read', async () => {
  const stopped = createStoppedTimers()
  await start(stopped.timers)
  for (let at = 0; at < 20; at++) await writeFile(path, `${at}`)
  await until(() => expect(stopped.delayed).toHaveLength(1))
})

test('a change inside another file of the folder causes no read; a new or removed file does', async () => {
  const other = join(folder, 'usage.db-wal')
  await writeFile(other, 'one')
  const stopped = createStoppedTimers()
  await start(stopped.timers)
  for (let at = 0; at < 20; at++) await writeFile(other, `${at}`, { flag: 'a' })
  // Events arrive in order: when this one has arrived, so have those before it.
  expect(stopped.delayed).toEqual([])
  await rename(other, `${other}.old`)
  await until(() => expect(stopped.delayed).toHaveLength(1))
})

test('after close nothing is reported', async () => {
  const { check, close } = await start()
  close()
  await writeFile(path, 'one')
  await check()
  expect(seen).toEqual([])
})

test('a file that has lost its name is reported as detached, as a single-file mount is', async () => {
  // /proc gives a name to the open file whose last link is gone, as in such a mount.
  await writeFile(path, 'old')
  const file = await open(path, 'r')
  await rm(path)
  const { state } = await readStable(`/proc/self/fd/${file.fd}`)
  await file.close()
  expect(state).toEqual({ kind: 'text', text: 'old', isDetached: true })
})

test('a reader never sees half of one text and half of the next', async () => {
  const texts = ['a'.repeat(100_000), 'b'.repeat(120_000)] as const
  await writeFile(path, texts[0])
  let isOver = false
  const writer = (async () => {
    for (let at = 0; !isOver; at++) {
      await writeFile(`${path}.new`, texts[(at % 2) as 0 | 1])
      await rename(`${path}.new`, path)
    }
  })()
  for (let at = 0; at < 50; at++) {
    const { state } = await readStable(path)
    expect(state.kind === 'text' && texts.includes(state.text as never)).toBe(true)
  }
  isOver = true
  await writer
})
