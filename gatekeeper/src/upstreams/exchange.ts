import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import type { Outcome } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { Detail } from '../model/detail.ts'
import type { Reason } from '../model/reason.ts'
import type { Usage } from '../model/usage.ts'
import type { UsageQuestion } from './usage-questions.ts'

/** The two ends of a relayed request. `bytes` is its body where that was read already. */
export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly bytes: Buffer | null
  /** What an upload goes through, with the type that it has then; null where it is none. */
  readonly form: { readonly stream: Transform; readonly contentType: string } | null
  /** Fields that the upstream gets of us, the client's of the same name dropped. */
  readonly set: Readonly<Record<string, string>>
  /** Fields that the client gets of us, the upstream's of the same name dropped. */
  readonly answer: Readonly<Record<string, string>>
  /** Reads what the answer used; null where nothing is counted. */
  readonly reader: AnswerReader | null
  /** Whether the client asked for a stream. */
  readonly isStream?: boolean
  /** What `bytes` ask for on our account, which an upstream may refuse. */
  readonly question?: UsageQuestion | null
}

/** Why nothing was answered yet, or null where the answer's head went out. */
export type Forwarded = {
  readonly outcome: Outcome
  readonly reason: Reason | null
  readonly usage: Usage | null
  /** What the reason names, where it is a refusal of the body on its way. */
  readonly detail?: Detail
}
