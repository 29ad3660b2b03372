import { createOwnIssuers } from '../../access-tokens/own-issuer.ts'
import type { Revocations } from '../../access-tokens/revocation.ts'
import { openTokenAuthentication } from '../../access-tokens/token-authentication.ts'
import type { KeyStore } from '../../api-keys/key-store.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { BoundByMaker } from '../../model/person.ts'
import { createAppUserFinder } from '../../oauth/app-principal.ts'
import type { Client } from '../../oauth/client.ts'
import type { SigningKeys } from '../../oauth/signing-keys.ts'
import type { UserStore } from '../../oauth/user-store.ts'
import { namesOfAll } from '../../policy/service-names.ts'
import { createDocumentFetcher } from '../../upstreams/fetch-document.ts'
import type { AppDeps } from '../app-deps.ts'

/** Opens what verifies tokens, ours and those of other issuers. Rejects if a file is broken. */
export async function openIssuers(
  deps: AppDeps,
  opened: {
    readonly signing: SigningKeys & { readonly issuerNames: () => readonly string[] }
    readonly people: { readonly boundByMaker: BoundByMaker }
    readonly keys: Pick<KeyStore, 'findById'>
    readonly clients: { readonly findActive: (id: string) => Client | null }
    readonly users: Pick<UserStore, 'find'>
    readonly revocations: Revocations
  },
) {
  const { services, issuers, clock, log } = deps
  const { signing, people, keys, clients, users, revocations } = opened
  const { boundByMaker } = people
  refuseFormerName(issuers, signing.issuerNames())
  const providerNames = services
    .filter(({ kind }) => kind.provider !== undefined)
    .map(({ name }) => name)
  const documents = createDocumentFetcher()
  const tokens = await openTokenAuthentication({
    entries: issuers,
    own: createOwnIssuers(signing.issuerNames, signing),
    revocations,
    clock,
    log,
    fetchDocument: documents.fetch,
    findAppUser: createAppUserFinder({
      isEnded: revocations.isEnded,
      findClient: clients.findActive,
      findException: users.find,
      providerNames,
      boundByMaker,
    }),
    findClient: clients.findActive,
    findKey: keys.findById,
    boundByMaker,
    serviceNames: namesOfAll(services),
  })
  return {
    ...tokens,
    name: 'issuers',
    close: async () => {
      tokens.close()
      await documents.close()
    },
  }
}

/** Our own tokens have that name still, so no token of the entry could be told from them. */
function refuseFormerName(
  entries: readonly { readonly issuer: string }[],
  own: readonly string[],
): void {
  const found = entries.filter(({ issuer }) => own.includes(issuer))
  if (found.length === 0) return
  throw new ProblemsError(
    found.map(({ issuer }) => ({
      source: 'gatekeeper.yaml',
      what: `issuers: ${issuer} was the issuer name of the gatekeeper itself, and its tokens are still accepted`,
      remedy: 'Remove the entry until these have ended: npm run keys -- move-issuer shows when.',
    })),
  )
}
