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

describe('endpoints of a role', () => {
  test.each([
    { role: 'readonly', expected: ['open', 'read'] },
    { role: 'readwrite', expected: ['open', 'read', 'use'] },
    { role: 'admin', expected: ['open', 'read', 'use', 'manage'] },
  ] as const)('$role: $expected', ({ role, expected }) => {
    expect(reaches(aPrincipal({ role }))).toEqual(expected)
  })

  test('the anonymous caller reaches open endpoints only, even with the role of an admin', () => {
    expect(reaches(anonymous)).toEqual(['open'])
    expect(reaches({ ...anonymous, role: 'admin' })).toEqual(['open'])
  })

  test('the anonymous caller reaches public endpoints, and a reader gains nothing from that', () => {
    const facts = { endpoint: anEndpoint({ isPublic: true }) }
    expect(grantedClass.examine(aQuestion({ principal: anonymous, facts }))).toBeNull()
    const reader = aPrincipal({ role: 'readonly' })
    expect(grantedClass.examine(aQuestion({ principal: reader, facts }))).toBe('class-not-granted')
  })

  test('no role reaches an unknown endpoint', () => {
    const principal = aPrincipal({ role: 'admin' })
    const question = aQuestion({ principal, facts: { endpoint: null } })
    expect(grantedClass.examine(question)).toBe('class-not-granted')
  })
})
