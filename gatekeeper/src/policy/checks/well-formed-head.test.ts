import { expect, test } from 'vitest'
import { aQuestion } from '../../../test/support/questions.ts'
import { wellFormedHead } from './well-formed-head.ts'

test.each([null, 'malformed-target', 'ambiguous-credential', 'route-mismatch'] as const)(
  'a head with the defect %s is refused with it, and one without passes',
  (defect) => {
    expect(wellFormedHead.examine(aQuestion({ facts: { defect } }))).toBe(defect)
  },
)
