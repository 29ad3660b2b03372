import { readFileSync } from 'node:fs'
import { writeFileAtomic } from '../lib/files/atomic-write.ts'
import type { ChainHead } from './chain.ts'
import { headPath, type Segment } from './segments.ts'

/** The signed statement about the end of a chain. */
export type HeadStatement = ChainHead & {
  readonly chain: string
  readonly segment: number
  /** ISO 8601. */
  readonly at: string
}

/** Signs a statement with the key that signs tokens: a JWS, or null if there is no key. */
export type SignStatement = (statement: object) => Promise<string | null>

export type KeptHead = HeadStatement & { readonly signature: string | null }

/** Stores the signed head of a segment beside it. Rejects as `node:fs` does. */
export async function keepHead(
  segment: Segment,
  statement: HeadStatement,
  sign: SignStatement,
): Promise<void> {
  const signature = await sign(statement).catch(() => null)
  await writeFileAtomic(headPath(segment.path), `${JSON.stringify({ ...statement, signature })}\n`)
}

/** Returns the stored head of a segment; null if there is none, or it is not readable. */
export function readKeptHead(segment: string): KeptHead | null {
  try {
    const head = JSON.parse(readFileSync(headPath(segment), 'utf8')) as Partial<KeptHead>
    const isHead =
      Number.isSafeInteger(head.sequence) && typeof head.hash === 'string' && head.segment
    return isHead ? (head as KeptHead) : null
  } catch {
    return null
  }
}
