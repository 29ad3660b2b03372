import type { z } from 'zod'

/** How a caller shows who it is; the names of the document's security schemes. */
export type Scheme = 'bearer' | 'apiKey' | 'userToken' | 'client' | 'adminKey'

/** What the document says about one row of an endpoint table. */
export type Operation = {
  /** One sentence. */
  readonly summary: string
  /** Each of them suffices; `none` is a call without a credential. */
  readonly credentials: readonly (Scheme | 'none')[]
  readonly query?: z.ZodObject
  /** Request fields that may come beside the credential. */
  readonly fields?: readonly string[]
  /** The schema of the body, and the content types in which it may come: JSON unless it says others. */
  readonly body?: { readonly schema: z.ZodType; readonly types?: readonly string[] }
  /** The schema of the answer, by status; null has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | null>>
  /** Whether the answer may come as server-sent events. */
  readonly isStreamed?: true
}

/** Operations by method and pattern of their row: `POST /auth/token`. */
export type Operations = Readonly<Record<string, Operation>>
