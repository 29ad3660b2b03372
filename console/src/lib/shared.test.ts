import { expect, test, vi } from 'vitest'
import { shared } from './shared.ts'

test('followers hear of each change once, and of none after they stop', () => {
  const one = shared(1)
  const heard = vi.fn()
  const stop = one.follow(heard)
  one.value = 2
  one.value = 2
  expect(heard).toHaveBeenCalledTimes(1)
  stop()
  one.value = 3
  expect(heard).toHaveBeenCalledTimes(1)
  expect(one.value).toBe(3)
})
