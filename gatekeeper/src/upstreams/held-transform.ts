import type { ByteTransform } from '../lib/byte-transform.ts'

/**
 * A transform that returns nothing before the end: the answer's head waits, and it may throw until
 * then.
 */
export type HeldTransform = ByteTransform & {
  readonly isHeld: true
  /** Replaces all fields of the upstream. */
  readonly fields?: Readonly<Record<string, string>>
}
