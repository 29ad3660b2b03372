/**
 * An endpoint of the admin API as a row: what it takes, who may call it, what it answers. The
 * router, the OpenAPI document, the console's rights and the tests read these rows.
 */
import type { z } from 'zod'
import type { PersonRole } from '../../../gatekeeper/src/model/person.ts'
import type { RecordActs } from '../../../gatekeeper/src/operations/audit/record-acts.ts'
import type { StepUpAct } from '../store/step-up-acts.ts'
import type { Caller } from './caller.ts'

/** A request whose parts are in their schemas, by a caller who may call the endpoint. */
export type Call<Params, Query, Body> = {
  readonly caller: Caller
  readonly params: Params
  readonly query: Query
  readonly body: Body
  /** Records acts with the caller and the request's id; if it rejects, nothing may be changed. */
  readonly record: RecordActs
  /** The same for acts that only take rights away: never rejects, and what it cannot record follows. */
  readonly recordEnded: RecordActs
  readonly requestId: string
  readonly clientAddress: string
  readonly userAgent: string | null
  /** Null where the field is missing; the tag has no quotes. */
  readonly ifMatch: string | null
  /** Whether `If-None-Match: *` came. */
  readonly isCreation: boolean
  /** For a stream of events: the last one that the page has read. */
  readonly lastEventId: string | null
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

/** What an endpoint answers. A stream is sent as it comes, with its own content type. */
export type Reply = {
  readonly status: number
  readonly body?: object
  readonly stream?: { readonly type: string; readonly chunks: AsyncIterable<string> }
  /** A tag of the content, without quotes. */
  readonly etag?: string
  /** Further fields, such as `set-cookie` or `content-disposition`. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>
}

/** The act to prove; null for none. */
type WantedProof = StepUpAct | null | Promise<StepUpAct | null>

export type Endpoint = {
  readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'
  /** Below `/admin/v1`: `/keys/:id`. */
  readonly path: string
  /** One sentence for the OpenAPI document. */
  readonly summary: string
  /** `open` endpoints need no session: sign-in alone. `any` is every role. */
  readonly roles: readonly PersonRole[] | 'any' | 'open'
  /**
   * The event of the audit that says what the endpoint changes, `key.added`: a refused attempt is
   * recorded with it. Null if it changes nothing that is on record; every row that is not a GET says
   * which. What succeeded is recorded by `handle`.
   */
  readonly event?: string | null
  /** The most bytes of a body; 64 KiB if it says nothing. */
  readonly bodyBytesMax?: number
  /** The act that the caller must have proven, with the id of its proof in `X-Gatekeeper-Step-Up`. */
  readonly stepUp?: StepUpAct | ((call: Call<unknown, unknown, unknown>) => WantedProof)
  /**
   * The field without which a change is refused: `If-None-Match: *` where something is made, and
   * `If-Match` where something seen is changed.
   */
  readonly condition?: 'If-Match' | 'If-None-Match'
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly body?: z.ZodType
  /** The schema of the answer, by status; null has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>
  readonly handle: (call: Call<never, never, never>) => Promise<Reply>
}

/** Parts of an endpoint with their types, for `defineEndpoint`. */
type Parts<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> = Omit<
  Endpoint,
  'params' | 'query' | 'body' | 'handle' | 'stepUp'
> & {
  readonly params?: P
  readonly query?: Q
  readonly body?: B
  readonly stepUp?: StepUpAct | ((call: Call<z.output<P>, z.output<Q>, z.output<B>>) => WantedProof)
  readonly handle: (call: Call<z.output<P>, z.output<Q>, z.output<B>>) => Promise<Reply>
}

/** Returns the row; the types of params, query and body follow from their schemas. */
export function defineEndpoint<
  P extends z.ZodType = z.ZodNever,
  Q extends z.ZodType = z.ZodNever,
  B extends z.ZodType = z.ZodNever,
>(parts: Parts<P, Q, B>): Endpoint {
  return parts as unknown as Endpoint
}
