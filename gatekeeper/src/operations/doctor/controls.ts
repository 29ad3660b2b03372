/**
 * What the doctor's findings serve: one row a control, with the requirements that it is evidence
 * for. `docs/compliance.md` shows the same table.
 *
 * SOC 2: Trust Services Criteria 2017 (revised 2022). GDPR: Regulation (EU) 2016/679. HIPAA: 45 CFR
 * part 164. PCI DSS: version 4.0.1.
 */

export const frameworks = { soc2: 'SOC 2', gdpr: 'GDPR', hipaa: 'HIPAA', pci: 'PCI DSS' } as const
export type Framework = keyof typeof frameworks

/** Empty lists: the framework has no such requirement. */
type Control = Readonly<Record<Framework, readonly string[]>> & {
  /** What should be so. */
  readonly title: string
  /** What the doctor reports. */
  readonly finds: string
}

export const controls = {
  'key-expiry': {
    title: 'Every key ends',
    finds: 'keys that never expire',
    ...{ soc2: ['CC6.1', 'CC6.2'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(3)(ii)(C)'], pci: ['8.6.3'] },
  },
  'unused-keys': {
    title: 'Nobody has a key without using it',
    finds: 'keys that were neither made nor used within 90 days',
    ...{ soc2: ['CC6.2', 'CC6.3'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(3)(ii)(C)'], pci: ['8.2.6'] },
  },
  'access-review': {
    title: 'Somebody reviews keys and rights regularly',
    finds: 'a last review that is older than `reviewEvery`, or none',
    ...{ soc2: ['CC6.2', 'CC6.3'], gdpr: ['Art. 32(1)(d)'] },
    ...{ hipaa: ['164.308(a)(4)(ii)(C)'], pci: ['7.2.4', '7.2.5.1'] },
  },
  'admin-passkeys': {
    title: 'Who administers signs in with a passkey',
    finds: 'owners and admins without a passkey',
    ...{ soc2: ['CC6.1'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.312(d)'], pci: ['8.4.1'] },
  },
  'second-owner': {
    title: 'Administration does not depend on one person',
    finds: 'a console with fewer than two owners',
    ...{ soc2: ['A1.2'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(7)(i)'], pci: [] },
  },
  'unused-people': {
    title: 'Nobody has rights in the console without using them',
    finds: 'people who did not sign in for 90 days',
    ...{ soc2: ['CC6.2', 'CC6.3'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(3)(ii)(C)'], pci: ['8.2.6'] },
  },
  'use-limits': {
    title: 'Use is limited',
    finds: 'keys to which no limit applies, of their own or by a policy',
    ...{ soc2: ['A1.1'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(1)(ii)(B)'], pci: [] },
  },
  'audit-trail': {
    title: 'Use is recorded',
    finds: '`audit.allowed` other than `all`',
    ...{ soc2: ['CC7.2'], gdpr: ['Art. 5(2)', 'Art. 33(5)'] },
    ...{ hipaa: ['164.312(b)', '164.308(a)(1)(ii)(D)'], pci: ['10.2.1'] },
  },
  'strong-secrets': {
    title: 'Secrets cannot be guessed',
    finds: 'keys and secrets that people chose, or that are missing',
    ...{ soc2: ['CC6.1'], gdpr: ['Art. 32(1)(b)'] },
    ...{ hipaa: ['164.308(a)(5)(ii)(D)', '164.312(d)'], pci: ['8.3.6', '8.6.2'] },
  },
  'hashed-keys': {
    title: 'Keys are stored as hashes',
    finds: 'key files with plain keys',
    ...{ soc2: ['CC6.1'], gdpr: ['Art. 32(1)(a)'] },
    ...{ hipaa: ['164.312(a)(2)(iv)'], pci: ['8.3.2'] },
  },
  'encrypted-pages': {
    title: 'Pages that hold a key are encrypted in transit',
    finds: 'web origins with `http://`, except of this machine',
    ...{ soc2: ['CC6.7'], gdpr: ['Art. 32(1)(a)'] },
    ...{ hipaa: ['164.312(e)(1)'], pci: ['4.2.1'] },
  },
  'separate-environments': {
    title: 'Environments have keys of their own',
    finds: 'keys with two `env=` tags',
    ...{ soc2: ['CC8.1'], gdpr: ['Art. 32(1)(b)'], hipaa: [], pci: ['6.5.3'] },
  },
} as const satisfies Readonly<Record<string, Control>>

export type ControlName = keyof typeof controls

/** Returns the requirements of a control by framework, without those that have none. */
function requirementsOf(name: ControlName): readonly [string, readonly string[]][] {
  const row: Control = controls[name]
  const names = Object.keys(frameworks) as Framework[]
  const all = names.map((one): [string, readonly string[]] => [frameworks[one], row[one]])
  return all.filter(([, requirements]) => requirements.length > 0)
}

/** Returns `key-expiry: SOC 2 CC6.1, CC6.2; GDPR Art. 32(1)(b); …`. */
export function describeControl(name: ControlName): string {
  const parts = requirementsOf(name).map(([title, list]) => `${title} ${list.join(', ')}`)
  return `${name}: ${parts.join('; ')}`
}

/** Returns a control for programs: its name, and its requirements by framework. */
export function viewControl(name: ControlName) {
  return { name, ...Object.fromEntries(requirementsOf(name)) }
}
