import { type SigningAlgorithm, signingAlgorithms } from '../model/algorithm.ts'
import { clientIdForm } from '../model/credential-form.ts'
import { type Role, roles } from '../model/principal.ts'
import { type Report, readUrl } from './read-values.ts'
import type { SettingName } from './settings.ts'

/** A client that the environment defines, with its secret. */
export type FixedClient = { readonly id: string; readonly role: Role; readonly secret: string }

/** The settings for issuing tokens (C4, C5). */
export type OAuthSettings = {
  /** The issuer name; null means the address of the first site. */
  readonly issuer: string | null
  readonly tokenSeconds: number
  readonly algorithm: SigningAlgorithm
  readonly clients: readonly FixedClient[]
}

const secondsMin = 30
const secondsMax = 86_400

/** Reads the `OAUTH_*` settings and reports all problems. */
export function readOAuth(
  text: (name: SettingName) => string | null,
  report: Report,
): OAuthSettings {
  return {
    issuer: readUrl('OAUTH_ISSUER', text('OAUTH_ISSUER'), report),
    tokenSeconds: readSeconds(text('OAUTH_TOKEN_EXPIRES_IN') ?? '', report),
    algorithm: readAlgorithm(text('OAUTH_SIGNING_ALGORITHM') ?? '', report),
    clients: readClients(text, report),
  }
}

function readSeconds(text: string, report: Report): number {
  const seconds = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (seconds >= secondsMin && seconds <= secondsMax) return seconds
  const remedy = `Use a number from ${secondsMin} to ${secondsMax}, such as 3600.`
  report('OAUTH_TOKEN_EXPIRES_IN', 'is not a valid token lifetime in seconds', remedy)
  return secondsMin
}

function readAlgorithm(text: string, report: Report): OAuthSettings['algorithm'] {
  const found = signingAlgorithms.find((algorithm) => algorithm === text)
  if (found !== undefined) return found
  const remedy = `Use one of ${signingAlgorithms.join(', ')}.`
  report('OAUTH_SIGNING_ALGORITHM', 'is not a supported signature algorithm', remedy)
  return 'RS256'
}

function readClients(text: (name: SettingName) => string | null, report: Report): FixedClient[] {
  const clients = roles.flatMap((role) => readClient(role, text, report))
  const ids = clients.map(({ id }) => id)
  if (new Set(ids).size !== ids.length) {
    const remedy = 'Give each role its own client.'
    report('OAUTH_CLIENT_ID_READONLY', 'two OAUTH_CLIENT_ID settings have the same value', remedy)
  }
  return clients
}

function readClient(
  role: Role,
  text: (name: SettingName) => string | null,
  report: Report,
): FixedClient[] {
  const suffix = role.toUpperCase() as Uppercase<Role>
  const id = text(`OAUTH_CLIENT_ID_${suffix}`)
  const secret = text(`OAUTH_CLIENT_SECRET_${suffix}`)
  if (id === null && secret === null) return []
  if (id === null || secret === null) {
    const [set, unset] = id === null ? ['SECRET', 'ID'] : ['ID', 'SECRET']
    const remedy = 'Set both or neither.'
    report(
      `OAUTH_CLIENT_${set}_${suffix}`,
      `is set without OAUTH_CLIENT_${unset}_${suffix}`,
      remedy,
    )
    return []
  }
  if (!clientIdForm.test(id)) {
    const remedy = 'Use letters, digits, dots, hyphens and underscores, such as ci-runner.'
    report(`OAUTH_CLIENT_ID_${suffix}`, 'is not a valid client id', remedy)
    return []
  }
  return [{ id, role, secret }]
}
