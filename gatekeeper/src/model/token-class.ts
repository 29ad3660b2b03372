/**
 * The classes of the tokens that we issue. A token is for one class of endpoints and no others:
 * each class has its own `typ` (RFC 8725 §3.11) and its own audience, which is one text.
 */

export const tokenClasses = {
  /** For everything behind the gateway that names no other class, and for the exchange. */
  house: { type: 'at+jwt', audiencePath: '' },
  /** For the users of an app, at the providers and at the endpoints around them. */
  bridge: { type: 'gk-bridge+jwt', audiencePath: '/bridge' },
  /** For the visitors of pages with the chat widget, and for nothing but its chat. */
  widget: { type: 'gk-widget+jwt', audiencePath: '/widget' },
  /** For the admin API on the console's site, and for nothing on the services' site. */
  admin: { type: 'gk-admin+jwt', audiencePath: '/admin' },
} as const satisfies Readonly<Record<string, { type: string; audiencePath: string }>>

export type TokenClass = keyof typeof tokenClasses

export const tokenClassNames = Object.keys(tokenClasses) as TokenClass[]

/**
 * Returns the class that a `typ` names, for people who ask about a token; tokens of other issuers
 * count as house. Never for a request, whose endpoint names the class.
 */
export function tokenClassOfType(type: string | null): TokenClass {
  return tokenClassNames.find((name) => tokenClasses[name].type === type) ?? 'house'
}

/** Returns the `aud` of our tokens of the class. */
export function audienceOf(tokenClass: TokenClass, issuer: string): string {
  return issuer + tokenClasses[tokenClass].audiencePath
}
