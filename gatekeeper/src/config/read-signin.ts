/**
 * The providers at which people sign in to the console, as the environment has them. Others stand in
 * `gatekeeper.yaml`. The admin process alone uses them.
 */
import type { LoginProvider } from '../model/console-settings.ts'
import { type Report, readUrl } from './read-values.ts'
import type { SettingName } from './settings.ts'
import { isSafeForKeys } from './upstream-url.ts'

type Text = (name: SettingName) => string | null

/** Names in addresses that providers of `gatekeeper.yaml` cannot have. */
export const builtInProviders = ['github', 'google'] as const

/** Returns the providers that are set up; reports a pair of which one half is missing. */
export function readSignIn(text: Text, report: Report): readonly LoginProvider[] {
  return [...readGitHub(text, report), ...readGoogle(text, report)]
}

function readGitHub(text: Text, report: Report): LoginProvider[] {
  const organization = readForm('GITHUB_ORGANIZATION', text, {
    ...{ form: /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/, what: 'is not the name of an organization' },
    ...{ remedy: 'Write it as in its address: example for https://github.com/example.', report },
  })
  const address = readUrl('GITHUB_URL', text('GITHUB_URL'), report)
  if (address !== null && !isSafeForKeys(new URL(address))) {
    report('GITHUB_URL', 'would send a secret in clear', 'Write an https:// address.')
  }
  const client = readClient('GITHUB', text, report)
  if (client === null) return requireClient('GITHUB_ORGANIZATION', organization, report)
  const issuer = address ?? 'https://github.com'
  const named = { name: 'github', title: 'GitHub', kind: 'github' } as const
  return [{ ...named, ...client, issuer, scopes: [], narrowedTo: organization }]
}

function readGoogle(text: Text, report: Report): LoginProvider[] {
  const domain = readForm('GOOGLE_HOSTED_DOMAIN', text, {
    ...{ form: /^(?=.{1,253}$)[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/, what: 'is not a domain' },
    ...{ remedy: 'Write the domain of the Workspace, such as example.com.', report },
  })
  const client = readClient('GOOGLE', text, report)
  if (client === null) return requireClient('GOOGLE_HOSTED_DOMAIN', domain, report)
  const named = { name: 'google', title: 'Google', kind: 'google' } as const
  const issuer = 'https://accounts.google.com'
  return [{ ...named, ...client, issuer, scopes: ['openid'], narrowedTo: domain }]
}

type Form = {
  readonly form: RegExp
  readonly what: string
  readonly remedy: string
  readonly report: Report
}

function readForm(name: SettingName, text: Text, { form, what, remedy, report }: Form) {
  const value = text(name)
  if (value === null || form.test(value)) return value
  report(name, what, remedy)
  return null
}

/** Whoever narrows a provider expects that it is there. */
function requireClient(name: SettingName, value: string | null, report: Report): [] {
  const client = name.startsWith('GITHUB') ? 'GITHUB_CLIENT_ID' : 'GOOGLE_CLIENT_ID'
  if (value !== null) report(name, `is set without ${client}`, `Set ${client} too, or remove it.`)
  return []
}

function readClient(prefix: 'GITHUB' | 'GOOGLE', text: Text, report: Report) {
  const [id, secret] = [`${prefix}_CLIENT_ID`, `${prefix}_CLIENT_SECRET`] as const
  const [clientId, clientSecret] = [text(id), text(secret)]
  if (clientId === null && clientSecret === null) return null
  if (clientId === null || clientSecret === null) {
    const [set, unset] = clientId === null ? [secret, id] : [id, secret]
    report(set, `is set without ${unset}`, 'Set both or neither.')
    return null
  }
  if (!/^[\x21-\x7e]{1,200}$/.test(clientId)) {
    report(id, 'is not an id of one word', 'Copy it from the provider.')
  }
  return { clientId, clientSecret }
}
