import { formatInstant } from '../../lib/instant.ts'
import { issuersAt, moveIssuer, readIssuer } from '../../oauth/issuer-file.ts'
import type { Installation } from '../installation.ts'

type Place = Pick<Installation, 'sharedDir' | 'issuer' | 'clock'>

/** Returns every name that tokens of ours have now; the first is that of the settings. */
export function ownIssuers({ sharedDir, issuer, clock }: Place): readonly string[] {
  const noted = readIssuer(sharedDir)
  return noted === null ? [issuer] : [...new Set([issuer, ...issuersAt(noted, clock())])]
}

/** How the name that is written down stands to the one of the settings. */
export type IssuerState = {
  /** The name that is written down; null before the first start. */
  readonly from: string | null
  readonly to: string
  /** Whether a token may have the old name. */
  readonly isUsed: boolean
  /** Older names whose tokens are accepted, until an instant in RFC 3339. */
  readonly former: readonly { readonly issuer: string; readonly until: string }[]
}

/** Returns how the names stand. */
export function describeIssuer({ sharedDir, issuer, clock }: Place): IssuerState {
  const noted = readIssuer(sharedDir)
  const former = noted?.former.filter(({ until }) => until > clock()) ?? []
  return {
    ...{ from: noted?.issuer ?? null, to: issuer, isUsed: noted?.isUsed === true },
    former: former.map((one) => ({ issuer: one.issuer, until: formatInstant(one.until) })),
  }
}

/**
 * Writes the name of the settings down; tokens with the old one are accepted until they have ended.
 * The audit records it.
 */
export async function moveToIssuer(
  installation: Place & Pick<Installation, 'record'>,
): Promise<IssuerState> {
  const { sharedDir, issuer, clock, record } = installation
  await moveIssuer(sharedDir, issuer, { clock, record: (act) => record([act]) })
  return describeIssuer(installation)
}
