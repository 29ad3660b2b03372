/**
 * The part of the composition root that is about tokens: whose are taken, and our own authorization
 * server. Like `app.ts` it only gives rooms what they need of one another.
 */
import { join } from 'node:path'
import { createTokenFinder } from '../access-tokens/find-token.ts'
import { createOwnIssuer } from '../access-tokens/own-issuer.ts'
import { openRevocations, revocationsPath } from '../access-tokens/revocation.ts'
import { openTokenAuthentication } from '../access-tokens/token-authentication.ts'
import type { AdmitDeps } from '../admission/admit.ts'
import type { KeyStore } from '../api-keys/key-store.ts'
import type { FixedClient } from '../config/read-oauth.ts'
import type { Settings } from '../config/read-settings.ts'
import type { IssuerSettings } from '../config/resolve-issuers.ts'
import { ownIssuerName, siteAddress } from '../config/site-address.ts'
import { createAttempts } from '../credentials/attempts.ts'
import { createAuthenticate } from '../credentials/authenticate.ts'
import { createFollower, type FollowCredential } from '../credentials/follow-credential.ts'
import type { Clock } from '../lib/clock.ts'
import { createRateLimiter, type Rate } from '../lib/load/rate-limiter.ts'
import type { Problem } from '../lib/problem.ts'
import { isToken } from '../model/credential-form.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import type { Service } from '../model/service.ts'
import {
  type AuthorizationServer,
  createAuthorizationServer,
} from '../oauth/authorization-server.ts'
import { type Client, createFixedClient } from '../oauth/client.ts'
import { hashClientSecret } from '../oauth/client-secret.ts'
import { type ClientSetChange, type ClientStore, openClientStore } from '../oauth/client-store.ts'
import { exchangeGrantType } from '../oauth/exchange-grant.ts'
import { createHeldTokens } from '../oauth/held-tokens.ts'
import { ensureSigningKey } from '../oauth/signing-key-file.ts'
import { openSigningKeys, type SigningKeys } from '../oauth/signing-keys.ts'
import { signStatement } from '../oauth/statement.ts'
import { narrowByRole, type Policies } from '../policy/policies.ts'
import { createKnownServices } from '../policy/service-names.ts'
import type { Log } from '../telemetry/log.ts'
import { createDocumentFetcher } from '../upstreams/fetch-document.ts'

export type TokenDeps = {
  readonly settings: Settings
  readonly services: readonly Service[]
  readonly issuers: readonly IssuerSettings[]
  readonly policies: Policies
  readonly attempts: Rate
  readonly keys: KeyStore
  readonly log: Log
  readonly clock: Clock
  /** Whether the process only asks, and makes no keys. */
  readonly isAsking: boolean
  /** Records what clients are given, and changes of them. */
  readonly audit: TokenAudit
}

type TokenAudit = {
  readonly recordEvent: (fields: Readonly<Record<string, unknown>>) => Promise<void>
  readonly recordChange: (event: string, change: ClientSetChange) => void
}

export type Tokens = {
  /** Judges a credential of any form, under the policy of its role; bad ones are counted. */
  readonly authenticate: AdmitDeps['authenticate']
  /** The same without counting an attempt. */
  readonly rehearseCredential: AdmitDeps['authenticate']
  /** The same for the key of an id. */
  readonly rehearseKey: (id: string) => AdmitDeps['authenticate']
  /** Follows a credential that was good, for as long as something goes on that it began. */
  readonly follow: FollowCredential
  /** Whether the text holds a token of ours, or of an issuer whose tokens are taken here. */
  readonly holdsToken: (text: string) => boolean
  readonly server: AuthorizationServer
  readonly issuer: string
  readonly site: string
  readonly grantTypes: readonly string[]
  readonly publicKeys: () => object
  readonly signingKeyIds: () => readonly string[]
  /** Signs a statement about ourselves; null where there is no key. */
  readonly sign: (statement: object) => Promise<string | null>
  /** By part: what is stale or missing. */
  readonly problems: () => Readonly<Record<TokenPart, readonly Problem[]>>
  /** What the client file says and was hardly meant. */
  readonly notes: () => readonly Problem[]
  readonly close: () => Promise<void>
}

type TokenPart = 'clients' | 'issuers' | 'revocations' | 'signing'

/** No token lasts longer, whatever its client says; old keys verify so long. */
const lifetimeMs = 86_400_000

/** Opens everything that tokens need. Rejects with a ProblemsError where a file is broken. */
export async function createTokens(deps: TokenDeps): Promise<Tokens> {
  const { settings, clock, log, keys, policies } = deps
  const site = siteAddress(settings)
  const issuer = ownIssuerName(settings)
  const signingKeys = await openKeys(deps)
  const clients = await openClientStore({
    file: join(settings.keysDir, 'clients.json'),
    fixed: settings.oauth.clients.map((client) => toClient(client, log)),
    ...{ clock, log, known: createKnownServices(deps.services) },
    onChange: (change) => deps.audit.recordChange('clients.reloaded', change),
  })
  const revocations = await openRevocations({
    path: revocationsPath(settings.sharedDir),
    clock,
  })
  const documents = createDocumentFetcher()
  const tokens = await openTokenAuthentication({
    entries: deps.issuers,
    own: createOwnIssuer(issuer, signingKeys),
    revocations,
    ...{ clock, log, fetchDocument: documents.fetch },
    findClient: (id) => findActive(clients, id),
    findKey: keys.findById,
    serviceNames: deps.services.map(({ name }) => name),
  })
  const authenticate = createAuthenticate({
    authenticateKey: (credential) => narrow(keys.authenticate(credential), policies),
    authenticateToken: async (token) => narrow(await tokens.authenticate(token), policies),
  })
  const attempts = createAttempts({ rate: deps.attempts })
  const limited = attempts.limit(authenticate)
  const server = createAuthorizationServer({
    ...{ issuer, clients, signingKeys, clock, ttlSeconds: settings.oauth.tokenSeconds },
    attempts: createRateLimiter(deps.attempts),
    ...createHeldTokens({ issuer, authenticate: limited, inspectToken: tokens.inspect }),
    record: deps.audit.recordEvent,
    revoke: (token) => revocations.revokeToken({ issuer, ...token }),
  })
  return {
    ...{ authenticate: limited, server, issuer, site },
    rehearseCredential: attempts.rehearse(authenticate),
    rehearseKey: (id) => attempts.rehearse(() => narrow(keys.judgeById(id), policies)),
    follow: createFollower({
      version: () => keys.version() + clients.version() + revocations.version(),
      clock,
      judge: (credential, admittedAt) =>
        isToken(credential)
          ? tokens.authenticate(credential, admittedAt)
          : keys.authenticate(credential),
    }),
    holdsToken: createTokenFinder([issuer, ...deps.issuers.map((entry) => entry.issuer)]),
    grantTypes: ['client_credentials', exchangeGrantType],
    publicKeys: signingKeys.publicSet,
    signingKeyIds: () => signingKeys.publicSet().keys.map(({ kid }) => kid ?? ''),
    sign: async (statement) => {
      const signer = signingKeys.signer()
      return signer === null ? null : await signStatement(statement, signer)
    },
    notes: clients.notes,
    problems: () => ({
      clients: clients.problems(),
      issuers: tokens.problems(),
      revocations: orNone(revocations.problem()),
      signing: orNone(signingKeys.problem()),
    }),
    close: async () => {
      for (const part of [clients, signingKeys, revocations, tokens]) part.close()
      await documents.close()
    },
  }
}

const orNone = (problem: Problem | null) => (problem === null ? [] : [problem])

/** Without signing keys nothing is issued, and everything else goes on. */
async function openKeys({ settings, clock, log, isAsking }: TokenDeps): Promise<SigningKeys> {
  const { sharedDir: stateDir, oauth } = settings
  const rotation = { algorithm: oauth.algorithm, leadMs: 10 * 60_000, lifetimeMs }
  if (isAsking) return await openSigningKeys({ stateDir, clock })
  await ensureSigningKey(stateDir, rotation, { clock }).catch((error: Error) =>
    log.error({ fault: error.name }, 'no signing key could be made: no tokens are issued'),
  )
  return await openSigningKeys({ stateDir, clock })
}

const secretCharsMin = 32

function toClient({ id, role, secret }: FixedClient, log: Log): Client {
  if (secret.length < secretCharsMin) {
    const remedy = 'Give it 32 random characters or more: openssl rand -hex 32.'
    log.warn({ client: id, remedy }, 'the secret of a client is short enough to be guessed')
  }
  return {
    ...createFixedClient(id, role),
    secrets: [{ sha256: hashClientSecret(secret), createdAt: null, expiresAt: null }],
  }
}

function findActive(clients: ClientStore, id: string): Client | null {
  const client = clients.find(id)
  return client !== null && clients.isActive(client) ? client : null
}

function narrow(caller: Principal | Reason, policies: Policies): Principal | Reason {
  return typeof caller === 'string' ? caller : narrowByRole(caller, policies)
}
