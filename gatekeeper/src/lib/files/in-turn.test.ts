import { expect, test } from 'vitest'
import { inTurn } from './in-turn.ts'

test('what has one name runs one after the other, whatever fails, and other names do not wait', async () => {
  const order: string[] = []
  const step = (name: string, text: string, fails = false) =>
    inTurn(name, async () => {
      order.push(`${text} begins`)
      await Promise.resolve()
      order.push(`${text} ends`)
      if (fails) throw new Error(text)
      return text
    })
  const done = await Promise.allSettled([
    step('a', 'first', true),
    step('a', 'second'),
    step('b', 'other'),
  ])
  expect(done.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  const ofA = order.filter((line) => !line.startsWith('other'))
  expect(ofA).toEqual(['first begins', 'first ends', 'second begins', 'second ends'])
  expect(order.indexOf('other begins')).toBeLessThan(order.indexOf('second begins'))
  expect(await step('a', 'later')).toBe('later')
})
