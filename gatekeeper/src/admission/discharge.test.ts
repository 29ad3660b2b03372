import { describe, expect, test } from 'vitest'
import { aPrincipal, aReservation, someFacts } from '../../test/support/questions.ts'
import { Admission } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import type { RequestFacts } from '../model/facts.ts'
import { discharge } from './discharge.ts'

const admitted = (facts: Partial<RequestFacts>, obligations: readonly Obligation[] = []) =>
  new Admission({
    facts: someFacts(facts),
    principal: aPrincipal(),
    obligations,
    reservation: aReservation(),
  })
const setSubprotocols = (...subprotocols: string[]): Obligation => ({
  kind: 'set-subprotocols',
  subprotocols,
})

describe('discharge', () => {
  test('without obligations sets the trace and the identity, and nothing else', () => {
    expect(Object.keys(discharge(admitted({})) ?? {}).sort()).toEqual([
      'traceparent',
      'x-gatekeeper-key-id',
      'x-gatekeeper-request-id',
      'x-gatekeeper-role',
      'x-gatekeeper-service',
      'x-gatekeeper-user',
    ])
  })

  test('the check names the sub-protocols that are forwarded', () => {
    const fields = discharge(admitted({ point: 'check' }, [setSubprotocols('chat', 'superchat')]))
    expect(fields?.['x-gatekeeper-subprotocols']).toBe('chat, superchat')
  })

  test('the relay cannot do it and refuses', () => {
    // The reason is 'obligation-unmet': forwarded without it, the key would reach the upstream.
    expect(discharge(admitted({ point: 'relay' }, [setSubprotocols('chat')]))).toBeNull()
  })

  test('no empty field is sent when no sub-protocol is forwarded', () => {
    // Caddy cannot distinguish an empty field from a missing one, and then keeps the client's list
    // with the key in it.
    const fields = discharge(admitted({ point: 'check' }, [setSubprotocols()]))
    expect(fields?.['x-gatekeeper-subprotocols']).not.toBe('')
  })
})
