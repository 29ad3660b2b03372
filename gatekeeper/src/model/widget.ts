import type { Limit, QuotaLimit } from './limit.ts'
import type { Provider } from './provider.ts'

/** The service name of the chat widget. */
export const widgetName = 'widget'

/** The issuer of tokens that are signed with the shared secret. */
export const sharedIssuer = 'widget:external'

/** The longest life of a widget token. */
export const widgetTokenSeconds = 900

/** The claim of a widget token with the web origin that it was given to. */
export const originClaim = 'origin'

/** How the body of a chat and its answer are written behind the widget. */
export type WidgetForm = 'openai' | 'anthropic'

/** What a page has to do before a visitor gets a token. */
export type WidgetChallenge =
  | { readonly kind: 'proof-of-work'; readonly bits: number }
  | {
      readonly kind: 'siteverify'
      readonly url: string
      readonly secret: string
      /** Public: the page shows the check with it. */
      readonly siteKey: string
    }

/** The chat widget: what its visitors may ask, and what bounds them. */
export type WidgetRules = {
  /** The service whose upstream it uses, and with which it shares limits and slots. */
  readonly behind: string
  /** The company whose API that service is; null if it is none. */
  readonly provider: Provider | null
  readonly form: WidgetForm
  /** The member that bounds the output, as the upstream calls it. */
  readonly outputMember: string
  /** Null is the first model that the upstream lists. */
  readonly model: string | null
  /** The models that a page may choose; the usual one is among them. */
  readonly models: readonly string[]
  /** The operator's prompt; empty if there is none. */
  readonly prompt: string
  /** Whether a page may send a system text of its own, after the operator's. */
  readonly allowSystem: boolean
  readonly temperature: number | null
  /** Whether a token is good for one request only. */
  readonly singleUse: boolean
  /** Whether the paths of the older system lead here too. */
  readonly aliases: boolean
  readonly challenge: WidgetChallenge | null
  /** Characters of all messages together; null is no bound. */
  readonly promptCharsMax: number | null
  /** Null is no bound. */
  readonly outputTokensMax: number | null
  readonly streamSecondsMax: number | null
  /** New tokens for each client address; null is no bound. */
  readonly newTokens: QuotaLimit | null
  readonly perSubject: readonly Limit[]
  readonly perAddress: readonly Limit[]
  readonly perNetwork: readonly Limit[]
  /** The budget: when it is used up, the widget is closed for everybody. */
  readonly forAll: readonly QuotaLimit[]
}
