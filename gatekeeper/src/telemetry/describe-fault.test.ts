import { describe, expect, it } from 'vitest'
import { describeFault, framesOf } from './describe-fault.ts'

const secret = 'sk-of-a-client'

describe('the log entry of a fault', () => {
  it('has its name, its code and its place', () => {
    const error = Object.assign(new TypeError('x'), { code: 'E_X' })
    expect(describeFault(error)).toEqual({
      ...{ name: 'TypeError', code: 'E_X' },
      place: expect.stringMatching(/^at .*describe-fault\.test\.ts:\d+:\d+\)?$/),
    })
  })

  it.each([
    ['a plain message', secret],
    ['a message with a line like a frame', `x\n    at ${secret} (file:///a.ts:1:1)`],
    ['a message that begins with a line break', `\n    at ${secret} (/a.ts:1:1)`],
  ])('has nothing of its message: %s', (_, message) => {
    const error = new Error(message)
    expect(JSON.stringify([describeFault(error), framesOf(error)])).not.toContain(secret)
    // Also not when the message was changed later.
    error.message = 'other'
    expect(JSON.stringify([describeFault(error), framesOf(error)])).not.toContain(secret)
  })

  it('has the type of a value that is not an error, and nothing of the value', () => {
    for (const thrown of [secret, { secret }, null, undefined, 1, Symbol(secret)]) {
      expect(describeFault(thrown)).toEqual({ name: typeof thrown })
      expect(framesOf(thrown)).toEqual([])
    }
  })

  it('does not throw for an error with unusual members', () => {
    const odd = new Error('x')
    Object.defineProperty(odd, 'stack', { value: 7 })
    expect(describeFault(Object.assign(odd, { code: { secret } }))).toEqual({
      ...{ name: 'Error', code: undefined, place: undefined },
    })
  })
})
