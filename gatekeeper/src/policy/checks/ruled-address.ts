import type { AddressRule } from '../../model/address-rule.ts'
import type { Check, FactsQuestion, Question } from '../../model/decision.ts'
import type { WrittenPlace } from '../../model/written-place.ts'
import { describeRefusedAddress, ruledCallerOf } from '../address-rules.ts'

/**
 * Refuses an address by the rules for every request. First of all checks: an address that is shut out
 * gets one answer, whether or not its credential is valid and its path exists.
 */
export const ruledAddress: Check<FactsQuestion> = {
  name: 'ruled-address',
  examine: ({ facts }) => (refusingAll(facts) === null ? null : 'address-refused'),
  describe: ({ facts }) => describeRefusedAddress(facts.clientAddress),
  written: ({ facts }) => placesOf(refusingAll(facts)),
}

/** Refuses an address by the rules for the caller's app or user. */
export const ruledCaller: Check = {
  name: 'ruled-caller',
  examine: (question) => (refusingCaller(question) === null ? null : 'address-refused'),
  describe: ({ facts }) => describeRefusedAddress(facts.clientAddress),
  written: (question) => placesOf(refusingCaller(question)),
}

function refusingAll({ addressRules, clientAddress }: FactsQuestion['facts']): AddressRule | null {
  return addressRules?.findRefusing(clientAddress) ?? null
}

function refusingCaller({ facts, principal }: Question): AddressRule | null {
  const { addressRules, clientAddress } = facts
  return addressRules?.findRefusingCaller(clientAddress, ruledCallerOf(principal)) ?? null
}

function placesOf(rule: AddressRule | null): WrittenPlace[] {
  return rule === null ? [] : [{ file: 'rules', path: ['rules', rule.id] }]
}
