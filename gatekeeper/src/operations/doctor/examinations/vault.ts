import { join } from 'node:path'
import { settingNames } from '../../../config/all-settings.ts'
import { providers } from '../../../kinds/providers/providers.ts'
import { ProblemsError } from '../../../lib/problem.ts'
import type { ProviderRows } from '../../../vault/provider-file.ts'
import { readProviderKeys, readRecipientFile } from '../../vault/provider-key-writer.ts'
import { readSplitKeys } from '../../vault/split-key-writer.ts'
import type { InstallationContext } from '../context.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'

/** Keys of providers that are not sealed, and sealed ones that cannot be used. */
export const vault: Examination = {
  name: 'vault',
  examine: (context) =>
    examineRows(context, async (rows) => [
      ...judgeClear(context, rows),
      ...judgeOrigins(context, rows),
      ...(await judgeRecipient(context, rows)),
      ...(await judgeSplitKeys(context)),
    ]),
}

/** The same for a process that has neither the environment nor the public half of the key. */
export const vaultRows: Examination = {
  name: 'vault',
  examine: (context) =>
    examineRows(context, async (rows) => [
      ...judgeOrigins(context, rows),
      ...(await judgeSplitKeys(context)),
    ]),
}

async function examineRows(
  { settings }: InstallationContext,
  judge: (rows: ProviderRows) => Promise<Finding[]>,
): Promise<readonly Finding[]> {
  try {
    return await judge(await readProviderKeys(join(settings.keysDir, 'providers.json')))
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error
    return error.problems.map((problem) => ({ level: 'error' as const, ...problem }))
  }
}

/** A key in the environment is read by every process of its user, and stays in backups of `.env`. */
function judgeClear({ settings, gateway }: InstallationContext, rows: ProviderRows): Finding[] {
  const clear = providers.flatMap(({ name, provider }): Finding[] => {
    if (settings.providers[name]?.apiKey == null) return []
    const source = settingNames(provider.variable).key
    if (Object.hasOwn(rows, name)) {
      const what = `is set as well, but ${name} is called with the key of the vault`
      return [{ level: 'info', source, what, remedy: 'Remove the variable.' }]
    }
    const what = `is the key of ${name} in clear; the vault would keep it sealed`
    const remedy = `Run npm run vault -- set ${name}, then remove the variable.`
    return [{ level: 'info', source, what, remedy }]
  })
  const filed = gateway.services.flatMap(({ name, kind, upstream }): Finding[] => {
    const isFiled = kind.provider !== undefined && upstream?.key != null
    if (!isFiled || settings.providers[name]?.apiKey != null) return []
    const what = `the key of ${name} is in a file in clear; the vault would keep it sealed`
    const remedy = `Run npm run vault -- set ${name}, then remove keyFile.`
    return [{ level: 'info', source: settings.configFile, what, remedy }]
  })
  return [...clear, ...filed]
}

function judgeOrigins({ gateway, settings }: InstallationContext, rows: ProviderRows): Finding[] {
  const source = join(settings.keysDir, 'providers.json')
  const { providerOrigins, problems } = gateway
  if (problems.length > 0) return []
  return Object.entries(rows).flatMap(([name, { origin }]): Finding[] => {
    const configured = Object.hasOwn(providerOrigins, name) ? providerOrigins[name] : undefined
    if (configured === origin) return []
    const what =
      configured === undefined
        ? `the key of ${name} belongs to a provider that is not configured`
        : `the key of ${name} was set for another address than ${configured}, which is configured: it is not used`
    return [{ level: 'error', source, what, remedy: `Set it again: npm run vault -- set ${name}.` }]
  })
}

/** Users' keys for another address than is configured: their calls are refused. */
async function judgeSplitKeys({ settings, gateway }: InstallationContext): Promise<Finding[]> {
  const source = join(settings.keysDir, 'split-keys.json')
  const rows = await readSplitKeys(source)
  const { providerOrigins, problems } = gateway
  const lost = rows.filter(
    ({ provider, origin }) =>
      !Object.hasOwn(providerOrigins, provider) || providerOrigins[provider] !== origin,
  )
  if (problems.length > 0 || lost.length === 0) return []
  const names = [...new Set(lost.map(({ provider }) => provider))].join(', ')
  const what = `${lost.length} split keys (${names}) were made for another address than is configured: they are refused`
  const remedy = 'Configure that address again, or let the users split their keys again.'
  return [{ level: 'warning', source, what, remedy }]
}

/** Which older keys the gatekeeper has only the gatekeeper knows: `npm run vault -- verify`. */
async function judgeRecipient(
  { settings }: InstallationContext,
  rows: ProviderRows,
): Promise<Finding[]> {
  const source = settings.vault.publicFile
  if (Object.keys(rows).length === 0) return []
  const recipient = await readRecipientFile(source).catch(() => null)
  if (recipient === null) {
    const what =
      'is missing: nothing can be sealed, and the gatekeeper may have no key of the vault'
    const remedy = 'Start the gatekeeper, then: npm run vault -- verify.'
    return [{ level: 'warning', source, what, remedy }]
  }
  const older = Object.entries(rows).flatMap(([name, { kid }]) =>
    kid === recipient.kid ? [] : [name],
  )
  if (older.length === 0) return []
  const what = `${older.join(', ')}: sealed to an older key of the vault`
  const remedy = 'Run npm run vault -- rewrap, then npm run vault -- verify.'
  return [{ level: 'info', source, what, remedy }]
}
