import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { readSettings } from '../gatekeeper/src/config/read-settings.ts'
import { ownIssuerName } from '../gatekeeper/src/config/site-address.ts'
import { issueToken } from '../gatekeeper/src/oauth/issue-token.ts'
import { openSigningKeys } from '../gatekeeper/src/oauth/signing-keys.ts'
import { addClient } from '../gatekeeper/src/operations/clients/client-writer.ts'
import { type Place, root } from './front.ts'

const id = 'bench'
const clock = Date.now

/** Adds a client that may call everything; returns its secret. */
export async function addBenchClient({ keysFile }: Pick<Place, 'keysFile'>): Promise<string> {
  const rest = { models: [], limits: [], addresses: [], expiresAt: null, tokenSeconds: null }
  const wanted = { id, role: 'readwrite', services: ['*'], scopes: ['chat'], ...rest } as const
  return await addClient(join(dirname(keysFile), 'clients.json'), wanted, { clock })
}

/** Returns a token of that client, signed with the keys of a gatekeeper that ran there before. */
export async function makeBenchToken({ env }: Pick<Place, 'env'>): Promise<string> {
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const { settings } = readSettings({ env, folder: root, platform: process.platform, readFile })
  const keys = await openSigningKeys({ stateDir: settings.sharedDir, clock })
  try {
    const signer = keys.signer()
    if (signer === null) throw new Error(`no signing key: ${keys.problems()[0]?.what}`)
    const granted = { subject: id, clientId: id, role: 'readwrite', scopes: ['chat'] } as const
    const terms = { tokenClass: 'house', ttlSeconds: 86_400, narrowing: null } as const
    const request = { ...granted, ...terms }
    const issuer = ownIssuerName(settings)
    return (await issueToken(request, { signer, issuer, clock })).token
  } finally {
    keys.close()
  }
}
