import { LineCounter, parseDocument } from 'yaml'
import type { z } from 'zod'
import { plainIssue, unknownMembers } from '../lib/json/plain-issue.ts'
import type { Problem } from '../lib/problem.ts'
import type { PriceRow } from '../model/price.ts'
import { prices } from './limit-schema.ts'
import { placeOf } from './yaml-place.ts'

const remedy = 'Write MODEL: {inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.60}, one a line.'

/** Reads a file of prices (YAML or JSON); with problems there are no prices. */
export function readPriceFile(
  text: string,
  source: string,
): { readonly rows: readonly PriceRow[]; readonly problems: readonly Problem[] } {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true })
  const reportAt = (path: readonly PropertyKey[], what: string): Problem => ({
    ...{ source, what, remedy },
    ...placeOf(document.contents, path, lines),
  })
  if (document.errors.length > 0) return { rows: [], problems: [reportAt([], 'is not valid YAML')] }
  const parsed = prices.safeParse(document.toJS({ maxAliasCount: 0 }) ?? {}, { error: plainIssue })
  if (parsed.success) return { rows: toPriceRows(parsed.data), problems: [] }
  const problems = parsed.error.issues.map((issue) =>
    reportAt(issue.path, `${issue.path.map(String).join('.') || 'the file'}: ${describe(issue)}`),
  )
  return { rows: [], problems }
}

function describe(issue: z.core.$ZodIssue): string {
  return issue.code === 'unrecognized_keys'
    ? unknownMembers(issue)
        .map(
          ({ name, meant, known }) =>
            `unknown member ${name}${meant}; allowed members are ${known}`,
        )
        .join('; ')
    : issue.message
}

/** Returns the rows of a mapping from models to prices. */
export function toPriceRows(mapping: Readonly<Record<string, PriceRow['price']>>): PriceRow[] {
  return Object.entries(mapping).map(([model, price]) => ({ model, price }))
}
