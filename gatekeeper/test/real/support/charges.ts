import { expect, it } from 'vitest'
import { decisionsOf } from '../../support/decisions.ts'
import type { Gateway } from './gateway.ts'

const textEndpoints = /chat|generate|messages$|completions$|responses$/i

/** Belongs at the end of a suite: that every text of a model, in any language, was charged. */
export function itChargesTexts(gateway: () => Gateway): void {
  it('every received text was charged, for each API, whole and streamed', () => {
    const texts = decisionsOf(gateway().stack).filter(
      ({ point, status, endpoint }) =>
        point === 'relay' && status === 200 && textEndpoints.test(String(endpoint)),
    )
    expect(texts.length).toBeGreaterThan(5)
    const sides = ['inputTokens', 'outputTokens']
    const free = texts.filter((line) => sides.some((side) => !(Number(line[side]) > 0)))
    expect(free).toEqual([])
  })
}
