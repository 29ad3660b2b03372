/**
 * The name in our tokens (`iss`), written down beside the signing keys at the first start. A token is
 * accepted by its name, so another one would end all that are held, silently: a changed setting is
 * refused until a command has moved to it. From then on tokens with the old name are accepted until
 * the last of them has ended.
 */
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../lib/clock.ts'
import { changeFile } from '../lib/files/change-file.ts'
import { readTextFile } from '../lib/files/text-file.ts'
import { formatInstant, parseInstant } from '../lib/instant.ts'
import { readSchemaFile } from '../lib/json/schema-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import { tokenDaysMax } from '../model/app.ts'

const instant = z.string().transform((text, context) => {
  const at = parseInstant(text)
  if (at !== null) return at
  context.addIssue({ code: 'custom', message: 'must be an instant of RFC 3339' })
  return z.NEVER
})

const schema = z.strictObject({
  version: z.literal(1),
  issuer: z.string().min(1),
  isUsed: z.boolean(),
  former: z.array(z.strictObject({ issuer: z.string().min(1), until: instant })).max(100),
})

/** A name that tokens still have, and until when they are accepted (epoch milliseconds). */
export type FormerIssuer = { readonly issuer: string; readonly until: number }

export type IssuerRecord = {
  /** The name of the tokens that are issued. */
  readonly issuer: string
  /** Whether a token may have been issued under that name. */
  readonly isUsed: boolean
  readonly former: readonly FormerIssuer[]
}

/** No token lasts longer, whatever its client or app says. */
export const tokenLifeMsMax = tokenDaysMax * 86_400_000

export function issuerPath(stateDir: string): string {
  return join(stateDir, 'signing', 'issuer.json')
}

const remedy =
  'Restore it from a backup. Or delete it and restart: tokens with an older issuer name are refused then.'

/** Returns what is written down; null if nothing is. Throws a ProblemsError, and as `node:fs` does. */
export function readIssuer(stateDir: string): IssuerRecord | null {
  const path = issuerPath(stateDir)
  return parse(readIfAny(path), path)
}

function readIfAny(path: string): string | null {
  try {
    return readTextFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

function parse(text: string | null, path: string): IssuerRecord | null {
  if (text === null) return null
  const { issuer, isUsed, former } = readSchemaFile(text, path, { schema, remedy })
  return { issuer, isUsed, former }
}

function toText({ former, ...rest }: IssuerRecord): string {
  const described = former.map(({ issuer, until }) => ({ issuer, until: formatInstant(until) }))
  return `${JSON.stringify({ version: 1, ...rest, former: described })}\n`
}

/**
 * Writes the name down where none is, or where no token has it. `isUsed` says whether one may have
 * been issued before names were written down. Rejects with a ProblemsError if tokens have another
 * name, and as `node:fs` does.
 */
export async function requireSameIssuer(
  stateDir: string,
  wanted: { readonly issuer: string; readonly isUsed: boolean },
): Promise<IssuerRecord> {
  const path = issuerPath(stateDir)
  const noted = readIssuer(stateDir)
  if (noted?.issuer === wanted.issuer) return noted
  refuseOther(noted, wanted.issuer)
  const { noted: written } = await changeFile(path, (text) => {
    const current = parse(text, path)
    refuseOther(current, wanted.issuer)
    const isUsed = current?.isUsed ?? wanted.isUsed
    const noted = { issuer: wanted.issuer, isUsed, former: current?.former ?? [] }
    return { noted, text: toText(noted) }
  })
  return written
}

/** Returns why a start under this name would end, for people who ask before; empty if it would not. */
export function findIssuerProblems(stateDir: string, issuer: string): readonly Problem[] {
  try {
    refuseOther(readIssuer(stateDir), issuer)
    return []
  } catch (error) {
    // A user who may not read the folder learns nothing about it.
    return error instanceof ProblemsError ? error.problems : []
  }
}

function refuseOther(noted: IssuerRecord | null, issuer: string): void {
  if (noted === null || !noted.isUsed || noted.issuer === issuer) return
  const old = noted.issuer
  throw new ProblemsError([
    {
      source: 'OAUTH_ISSUER',
      what: `is ${issuer} now (set, or the address of the first site), but tokens were issued as ${old}: they would all be refused, and programs that verify tokens know only that name`,
      remedy: `Set OAUTH_ISSUER=${old} to keep it, or move: npm run keys -- move-issuer shows what ends, and with --yes it accepts the old tokens until they end.`,
    },
  ])
}

/** Notes that a token is about to have the name. */
export async function noteIssuerUse(stateDir: string, issuer: string): Promise<void> {
  const path = issuerPath(stateDir)
  await changeFile(path, (text) => {
    const current = parse(text, path)
    if (current !== null && (current.isUsed || current.issuer !== issuer)) return null
    const record = { issuer, isUsed: true, former: current?.former ?? [] }
    return { text: toText(record) }
  })
}

/** The act that is recorded before the name changes. */
export type IssuerAct = {
  readonly event: 'settings.changed'
  readonly setting: 'OAUTH_ISSUER'
  readonly from: string
  readonly to: string
  /** Until when tokens with the old name are accepted, in RFC 3339. */
  readonly until: string
}

/**
 * Changes the name that is written down; tokens with the old one are accepted for the longest life of
 * a token. Returns what is written down then.
 */
export async function moveIssuer(
  stateDir: string,
  issuer: string,
  { clock, record }: { readonly clock: Clock; readonly record: (act: IssuerAct) => Promise<void> },
): Promise<IssuerRecord | null> {
  const path = issuerPath(stateDir)
  const changed = await changeFile(path, (text) => {
    const current = parse(text, path)
    if (current === null || current.issuer === issuer) return null
    const now = clock()
    const until = now + tokenLifeMsMax
    const kept = current.former.filter((one) => one.until > now && one.issuer !== issuer)
    const moved = {
      ...{ issuer, isUsed: true },
      former: [...kept, { issuer: current.issuer, until }],
    }
    const act: IssuerAct = {
      ...{ event: 'settings.changed', setting: 'OAUTH_ISSUER' },
      ...{ from: current.issuer, to: issuer, until: formatInstant(until) },
    }
    return { moved, text: toText(moved), record: () => record(act) }
  })
  return changed?.moved ?? null
}

/** Returns the names that our tokens have at an instant; the first is that of new ones. */
export function issuersAt(
  { issuer, former }: Pick<IssuerRecord, 'issuer' | 'former'>,
  at: number,
): readonly string[] {
  return [issuer, ...former.filter(({ until }) => until > at).map((one) => one.issuer)]
}
