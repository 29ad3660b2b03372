/**
 * How an app proves itself at `/auth/token`: by its secret in HTTP Basic, in `client_secret` of the
 * body, or in `X-API-Key`; one of them. A public app has none.
 */
import type { RefuseAddress } from '../model/address-rule.ts'
import type { App } from '../model/app.ts'
import { RefusedError } from '../model/refused-error.ts'
import type { Client } from './client.ts'
import type { ClientStore } from './client-store.ts'
import type { OpenLimiter } from './open-limiter.ts'
import { readBasic } from './parameters.ts'

/** What a request shows. Fields that are missing are null. */
export type ShownProof = {
  readonly appId: string
  readonly authorization: string | null
  readonly apiKey: string | null
  readonly clientSecret: string | null
  readonly clientAddress: string
}

export type ProofDeps = {
  readonly clients: Pick<ClientStore, 'authenticate' | 'find' | 'isActive'>
  /** Counts failed proofs, and all calls of public apps. */
  readonly strangers: OpenLimiter
  readonly refuseAddress: RefuseAddress
}

export type ProvenApp = Client & { readonly app: App }

/**
 * Returns the app. Throws a RefusedError: 400 for two proofs, 401 for a wrong or missing one, 403 for
 * another app than the proven one, 429 beyond the limits of strangers.
 */
export function proveApp(shown: ShownProof, deps: ProofDeps): ProvenApp {
  const proofs = readProofs(shown)
  if (proofs.length > 1) throw new RefusedError('ambiguous-credential', twoProofs)
  const [proof] = proofs
  // Charged before the proof is looked at, so that parallel guesses cannot exceed the limit.
  const isWithin = deps.strangers.take(shown.clientAddress)
  const tooMany = new RefusedError('too-many-attempts', describe(tooManyText))
  if (proof === undefined) {
    if (!isWithin) throw tooMany
    return findPublic(shown.appId, deps)
  }
  // Before the secret is looked at: a refused address does not learn whether it is right.
  deps.refuseAddress(shown.clientAddress, { app: proof.id, user: null })
  // A secret that we made cannot be guessed: a stranger must not lock out an app at its address.
  if (!isWithin && !secretForm.test(proof.secret)) throw tooMany
  const client = deps.clients.authenticate(proof.id, proof.secret)
  if (!isApp(client)) throw isWithin ? new RefusedError('app-not-proven') : tooMany
  if (isWithin) deps.strangers.giveBack(shown.clientAddress)
  if (client.id !== shown.appId) throw new RefusedError('other-app')
  return client
}

const secretForm = /^gs_[0-9A-Za-z]{43}$/

const describe = (text: string) => ({ text, param: null })
const tooManyText = 'Too many requests for tokens came from this address. Try again later.'
const twoProofs = describe(
  'Show the secret of the app once: in Authorization, in client_secret or in X-API-Key.',
)
const noProof = describe(
  'The app must prove itself with its secret: HTTP Basic, client_secret or X-API-Key.',
)

function readProofs(shown: ShownProof): { readonly id: string; readonly secret: string }[] {
  const { appId, authorization, apiKey, clientSecret } = shown
  const inBody = [apiKey, clientSecret].filter((secret) => secret !== null)
  const ofApp = inBody.map((secret) => ({ id: appId, secret }))
  if (authorization === null) return ofApp
  // Another scheme is a proof too, and a wrong one.
  return [readBasic(authorization) ?? { id: appId, secret: '' }, ...ofApp]
}

function isApp(client: Client | null): client is ProvenApp {
  return client?.app != null
}

/** An unknown app gets the same answer as one that has to prove itself. */
function findPublic(appId: string, { clients }: ProofDeps): ProvenApp {
  const client = clients.find(appId)
  if (isApp(client) && client.app.public && clients.isActive(client)) return client
  throw new RefusedError('no-credential', noProof)
}
