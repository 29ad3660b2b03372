import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import type { Outcome } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import type { Usage } from '../model/usage.ts'
import type { UsageQuestion } from './usage-questions.ts'

/** The key that a request brought along for its provider, instead of the service's own. */
export type BroughtKey = {
  readonly key: string
  /** Whether it was not removed or replaced meanwhile; called while the answer continues. */
  readonly isStanding: () => boolean
}

/** The two ends of a relayed request. `bytes` is its body if that was read already. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bytes: Buffer | null
  /** The transform of an upload, with the type that it then has; null if there is none. */
  readonly form: { readonly stream: Transform; readonly contentType: string } | null
  /** Fields that we set for the upstream; the client's fields of the same name are dropped. */
  readonly set: Readonly<Record<string, string>>
  /** Fields that we set for the client; the upstream's fields of the same name are dropped. */
  readonly answer: Readonly<Record<string, string>>
  /** Reads the usage from the answer; null if nothing is counted. */
  readonly reader: AnswerReader | null
  readonly broughtKey?: BroughtKey | null
  /** Whether the client requested a stream. */
  readonly isStream?: boolean
  /** The model that the request names; null or left out if it names none. */
  readonly model?: string | null
  /** Returns the event that ends a stream of the widget that is cut for this reason. */
  readonly lastWords?: (reason: Reason) => Buffer
  /** The option that `bytes` contain for us, which an upstream may refuse. */
  readonly question?: UsageQuestion | null
}

/** How a request was forwarded. */
export type Forwarded = {
  readonly outcome: Outcome
  /** Why nothing was answered yet; null if the answer's head was sent. */
  readonly reason: Reason | null
  readonly usage: Usage | null
  /** The detail of the reason if the body was refused while it passed. */
  readonly detail?: Detail | null | undefined
  /** The end of a complete answer, which is kept back until the request is settled. */
  readonly last?: LastWords | undefined
}

/** The end of an answer: a client with the complete answer must find it in the ledger after a crash. */
export type LastWords = {
  /** Sends the end: the request is settled. */
  send(): void
  /** Cuts the answer, because it was not recorded in time; false if nothing of it was sent. */
  cut(): boolean
}
