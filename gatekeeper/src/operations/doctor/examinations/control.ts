import { controlName } from '../../../model/known-services.ts'
import type { Role } from '../../../model/principal.ts'
import type { InstallationContext } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'
import { readClientFile } from './clients.ts'

/** Who may administer, and who only seems to: `*` does not include the service control. */
export const control: Examination = {
  name: 'control',
  examine: (context) => {
    const admins = holders(context).filter(({ role }) => role === 'admin')
    const named = admins.filter(({ services }) => services.includes(controlName))
    const starred = admins.filter(
      ({ services }) => services.includes('*') && !services.includes(controlName),
    )
    return [
      ...report(named, 'may administer (/admin)', 'Take the service control from others.'),
      ...report(
        starred,
        'have the role admin and the services *, which does not include control',
        `Nothing, unless they administer: then name the service ${controlName} too.`,
      ),
    ]
  },
}

type Holder = { readonly name: string; readonly role: Role; readonly services: readonly string[] }

function holders({ keySets, gateway, settings }: InstallationContext): readonly Holder[] {
  const keys = keySets.flatMap(({ file }) => file.keys).filter(({ disabled }) => !disabled)
  const { clients } = readClientFile(settings)
  const fixed = settings.oauth.clients.map(({ id, role }) => ({ id, role, services: ['*'] }))
  const rules = gateway.issuers.flatMap(({ issuer, rules }) =>
    rules.map(({ grant }) => ({ name: `holders of tokens of ${issuer}`, ...grant })),
  )
  return [
    ...keys.map((key) => ({ name: `key ${key.id}`, ...key })),
    ...[...clients, ...fixed].map((client) => ({ name: `client ${client.id}`, ...client })),
    ...rules,
    ...(settings.adminKey === null
      ? []
      : [{ name: 'the holder of ADMIN_API_KEY', role: 'admin' as const, services: [controlName] }]),
  ]
}

function report(found: readonly Holder[], what: string, remedy: string): Finding[] {
  if (found.length === 0) return []
  const names = [...new Set(found.map(({ name }) => name))].join(', ')
  return [{ level: 'info', source: 'control', what: `${names} ${what}`, remedy }]
}
