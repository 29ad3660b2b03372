import type { Client } from '../../oauth/client.ts'
import { rotateSigningKey } from '../../oauth/signing-key-file.ts'
import { readClients } from '../clients/client-writer.ts'
import type { Installation } from '../installation.ts'
import { ttlSecondsMax } from './make-token.ts'

export type RotatedSigning = {
  readonly kid: string
  readonly algorithm: string
  /** ISO 8601. */
  readonly signsFrom: string
}

/** Publishes a new signing key, which signs after `leadMs`. Old keys verify until their last token ends. */
export async function rotateSigning(
  leadMs: number,
  { sharedDir, oauth, clock, record, clientsFile }: Installation,
): Promise<RotatedSigning> {
  const { algorithm } = oauth
  const lifetimeMs = longestLifeMs(await readClients(clientsFile))
  const rotation = { algorithm, leadMs, lifetimeMs }
  let signsFrom = ''
  const kid = await rotateSigningKey(sharedDir, rotation, {
    clock,
    record: (act) => {
      signsFrom = act.activeAt
      return record([act])
    },
  })
  return { kid, algorithm, signsFrom }
}

/** Users of an app hold their tokens for days; a shorter life of the old key would end them. */
function longestLifeMs(clients: readonly Pick<Client, 'app'>[]): number {
  const ofApps = clients.map(({ app }) => (app?.tokenDays ?? 0) * 86_400_000)
  return Math.max(ttlSecondsMax * 1000, ...ofApps)
}
