/**
 * Which addresses the rules of an operator refuse. Each scope (every request, an app, a user) is
 * judged by itself: a deny rule wins, and an active allow rule refuses every address that no allow
 * rule of the same scope names.
 */
import { readAddress } from '../lib/net/address-form.ts'
import { createAddressTest } from '../lib/net/cidr.ts'
import type { AddressRule, AddressRules, RuledCaller } from '../model/address-rule.ts'
import type { Detail } from '../model/detail.ts'
import type { Principal } from '../model/principal.ts'

/** Compiles rules into one snapshot. Rules that are not active count for nothing. */
export function compileAddressRules(rules: readonly AddressRule[]): AddressRules {
  const active = rules.filter((rule) => rule.active)
  const scopes = Map.groupBy(active, (rule) => scopeOf(rule))
  const compiled = new Map([...scopes].map(([name, own]) => [name, compileScope(own)] as const))
  const find = (name: string, address: string) => compiled.get(name)?.(address) ?? null
  return {
    findRefusing: (address) => find(everything, address),
    findRefusingCaller: (address, { app, user }) => {
      const wanted = [
        { app, user: null },
        // A rule may name the user of an app by both, or by the one name that the user has.
        { app: null, user },
        { app, user },
      ]
      const scopes = wanted.map(scopeOf).filter((name) => name !== everything)
      return scopes.map((name) => find(name, address)).find((rule) => rule !== null) ?? null
    },
  }
}

/** No rules: every address passes. */
export const noAddressRules: AddressRules = compileAddressRules([])

/** Returns the app and the user of a principal, as rules name them. */
export function ruledCallerOf({ id, kind, user }: Principal): RuledCaller {
  if (kind === 'anonymous') return { app: null, user: null }
  return { app: /^(?:client|app):([^:]+)/.exec(id)?.[1] ?? null, user }
}

/**
 * One text for both names: neither can contain a NUL. The user of an app is `APP:USER`; a rule with
 * both names may say `USER` alone.
 */
function scopeOf({ app, user }: RuledCaller): string {
  const isWhole = app !== null && user?.startsWith(`${app}:`)
  return `${app ?? ''}\0${isWhole ? user?.slice(app.length + 1) : (user ?? '')}`
}

const everything = scopeOf({ app: null, user: null })

/** The detail of a refusal. It does not say which rule, nor why it was made. */
export function describeRefusedAddress(address: string): Detail {
  const text = `Requests from the address ${address} are not accepted here.`
  return { text, param: null, members: { ip: address } }
}

function compileScope(rules: readonly AddressRule[]): (address: string) => AddressRule | null {
  const ofType = (type: AddressRule['type']) => rules.filter((rule) => rule.type === type)
  const [denied, allowed] = [ofType('deny'), ofType('allow')]
  const findDenying = createFinder(denied)
  const isAllowed = createAddressTest(allowed.map(({ ip }) => ip))
  return (text) => {
    const address = readAddress(text)
    // What is not an address is in no range, so no deny rule would ever refuse it.
    if (address === null) return rules[0] ?? null
    return findDenying(address) ?? (isAllowed(address) ? null : (allowed[0] ?? null))
  }
}

/**
 * Returns a function that finds a rule whose range holds an address. It looks by halves, each of
 * which is compiled once: whoever is refused must not cost more than others.
 */
function createFinder(rules: readonly AddressRule[]): (address: string) => AddressRule | null {
  const holds = createAddressTest(rules.map(({ ip }) => ip))
  const middle = Math.ceil(rules.length / 2)
  let halves: ReturnType<typeof createFinder>[] | null = null
  return (address) => {
    if (!holds(address)) return null
    if (rules.length === 1) return rules[0] ?? null
    halves ??= [rules.slice(0, middle), rules.slice(middle)].map(createFinder)
    return halves.map((find) => find(address)).find((rule) => rule !== null) ?? null
  }
}
