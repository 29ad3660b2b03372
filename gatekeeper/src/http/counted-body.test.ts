import { describe, expect, it } from 'vitest'
import { aBodySource } from '../../test/support/questions.ts'
import { countBody } from './counted-body.ts'

/** Begins work that is counted, or none if it is too much. */
function makeWork(isTooMuch = false) {
  const seen = { underWay: 0 }
  const begin = () => {
    if (isTooMuch) return null
    seen.underWay++
    return () => {
      seen.underWay--
    }
  }
  return { seen, begin }
}

describe('a body', () => {
  it('does not count as work while its client sends it, and does until it is decided', async () => {
    const { seen, begin } = makeWork()
    const sent = Promise.withResolvers<Buffer>()
    const body = countBody(aBodySource({ read: () => sent.promise }), begin)
    const read = body.read(100, 'key:a')
    expect(seen.underWay).toBe(0)
    sent.resolve(Buffer.from('{}'))
    expect(String(await read)).toBe('{}')
    expect(seen.underWay).toBe(1)
    body.onDecided?.()
    expect(seen.underWay).toBe(0)
  })

  it.each(['aborted', 'too-large', 'too-much-in-flight'] as const)(
    'that could not be read (%s) does not count as work',
    async (unread) => {
      const { seen, begin } = makeWork()
      const body = countBody(aBodySource({ read: () => Promise.resolve(unread) }), begin)
      expect(await body.read(100, 'key:a')).toBe(unread)
      expect(seen.underWay).toBe(0)
      body.onDecided?.()
      expect(seen.underWay).toBe(0)
    },
  )

  it('that is never read does not count as work', () => {
    const { seen, begin } = makeWork()
    countBody(aBodySource(), begin).onDecided?.()
    expect(seen.underWay).toBe(0)
  })

  it('that arrives with too many others is refused unread', async () => {
    const body = countBody(aBodySource(), makeWork(true).begin)
    expect(await body.read(100, 'key:a')).toBe('overloaded')
    body.onDecided?.()
  })
})
