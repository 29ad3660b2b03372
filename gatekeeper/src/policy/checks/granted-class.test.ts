import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aQuestion } from '../../../test/support/questions.ts'
import { anonymous } from '../../model/principal.ts'
import { grantedClass } from './granted-class.ts'

const classes = ['open', 'read', 'use', 'manage', 'never'] as const
const reaches = (principal: ReturnType<typeof aPrincipal>) =>
  classes.filter((endpointClass) => {
    const facts = { endpoint: anEndpoint({ class: endpointClass }) }
    return grantedClass.examine(aQuestion({ principal, facts })) === null
  })

describe('what a role reaches', () => {
  test.each([
    { role: 'readonly', expected: ['open', 'read'] },
    { role: 'readwrite', expected: ['open', 'read', 'use'] },
    { role: 'admin', expected: ['open', 'read', 'use', 'manage'] },
  ] as const)('$role: $expected', ({ role, expected }) => {
    expect(reaches(aPrincipal({ role }))).toEqual(expected)
  })

  test('the anonymous caller reaches what is open, even with the role of an admin', () => {
    expect(reaches(anonymous)).toEqual(['open'])
    expect(reaches({ ...anonymous, role: 'admin' })).toEqual(['open'])
  })

  test('the anonymous caller reaches what is public, and a reader does not reach more by that', () => {
    const facts = { endpoint: anEndpoint({ isPublic: true }) }
    expect(grantedClass.examine(aQuestion({ principal: anonymous, facts }))).toBeNull()
    const reader = aPrincipal({ role: 'readonly' })
    expect(grantedClass.examine(aQuestion({ principal: reader, facts }))).toBe('class-not-granted')
  })

  test('no role reaches an endpoint that is not known', () => {
    const principal = aPrincipal({ role: 'admin' })
    const question = aQuestion({ principal, facts: { endpoint: null } })
    expect(grantedClass.examine(question)).toBe('class-not-granted')
  })
})
