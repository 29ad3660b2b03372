/** Fields of a request or an answer, each with one value. */
export type Fields = Readonly<Record<string, string>>

/** A short answer that the gatekeeper itself gives. */
export type Answer = {
  readonly status: number
  readonly fields: Fields
  readonly body: string
}
