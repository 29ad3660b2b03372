import { controlName } from '../../model/known-services.ts'
import { documentsPerAddress } from '../../model/open-limits.ts'
import type { Service } from '../../model/service.ts'
import { control, own } from './own.ts'
import { splitKey } from './split-key.ts'

/** The gatekeeper's own endpoints, as a service that every principal may call. */
const ownService: Service = {
  name: 'gatekeeper',
  kind: own,
  aliases: [],
  routes: [{ prefix: '/status', strip: false, mode: 'relay', browser: 'none' }],
  upstream: null,
  timeouts: { connectSeconds: 5, headersSeconds: 5, idleSeconds: 5 },
  keepAlive: false,
  anonymous: false,
  origins: [],
  webSockets: [],
  limits: [],
  queue: null,
  prices: [],
}

/**
 * The endpoints of the authorization server. They are open, since a client shows its own credential
 * there and not a caller's, and they read it themselves.
 */
const oauthService: Service = {
  ...ownService,
  name: 'oauth',
  routes: [{ prefix: '/oauth', strip: false, mode: 'relay', browser: 'none' }],
  anonymous: true,
  readsCredentials: true,
}

/** The description of our routes. Everybody may read it, at a rate of each address. */
const openapiService: Service = {
  ...ownService,
  // With a dot, so that no service of a configuration has this name.
  name: 'openapi.json',
  routes: [{ prefix: '/openapi.json', strip: false, mode: 'relay', browser: 'none' }],
  anonymous: true,
  readsCredentials: true,
  perAddress: [documentsPerAddress],
}

/** Administration. It is granted by its own name, and only the role admin can do anything there. */
export const controlService: Service = {
  ...ownService,
  name: controlName,
  kind: control,
  routes: [{ prefix: '/admin', strip: false, mode: 'relay', browser: 'none' }],
}

/** Reports about calls. */
const analyticsService: Service = {
  ...ownService,
  name: 'analytics',
  routes: [{ prefix: '/analytics', strip: false, mode: 'relay', browser: 'none' }],
  tokenClass: 'bridge',
}

/** Tokens for the users of apps. */
const authService: Service = {
  ...ownService,
  name: 'auth',
  routes: [{ prefix: '/auth', strip: false, mode: 'relay', browser: 'none' }],
  anonymous: true,
  tokenClass: 'bridge',
}

/** Keys that users of apps bring along. */
const splitKeyService: Service = {
  ...ownService,
  name: 'split-key',
  kind: splitKey,
  routes: [{ prefix: '/api/split-key', strip: false, mode: 'relay', browser: 'none' }],
  tokenClass: 'bridge',
}

/** All services of our own. */
export const ownServices: readonly Service[] = [
  ownService,
  oauthService,
  openapiService,
  controlService,
  analyticsService,
  authService,
  splitKeyService,
]

/** Those of apps, which are left out where no provider is. */
const bridgeServices: readonly Service[] = [authService, splitKeyService]

/** Returns those that are there. Without a provider there is nothing that an app could use. */
export function ownServicesBeside(services: readonly Pick<Service, 'kind'>[]): readonly Service[] {
  const hasProvider = services.some(({ kind }) => kind.provider !== undefined)
  return ownServices.filter((service) => hasProvider || !bridgeServices.includes(service))
}
