import { formatCount, formatMoney, shortCount, splitCount } from '../../lib/format.ts'
import { Stat } from '../../parts/stat.tsx'
import { lineOf, type Overview } from './overview.ts'

/** The figures of today; dashes keep their room until they are there. */
export function OverviewStats({ of }: { of: Overview | null }) {
  if (of === null) return <Waiting />
  const { today, yesterday, month, buckets } = of
  const [requests, requestsUnit] = splitCount(today.requests)
  const [tokens, tokensUnit] = splitCount(today.tokens)
  const [refused, refusedUnit] = splitCount(today.refused)
  return (
    <div class="grid g4">
      <Stat
        label="Requests today"
        value={requests}
        unit={requestsUnit}
        compared={ofYesterday(formatCount(yesterday.requests))}
        spark={lineOf(buckets, (group) => group.requests)}
      />
      <Stat
        label="Tokens today"
        value={tokens}
        unit={tokensUnit}
        compared={ofYesterday(shortCount(yesterday.tokens))}
        spark={lineOf(buckets, (group) => group.tokens)}
        tone="s2"
      />
      <Stat
        label="Spent this month"
        value={formatMoney(month.microUsd)}
        compared={`${formatMoney(today.microUsd)} today`}
        spark={lineOf(buckets, (group) => Number(group.microUsd))}
        tone="s3"
      />
      <Stat
        label="Refused today"
        value={refused}
        unit={refusedUnit}
        compared={ofYesterday(formatCount(yesterday.refused))}
        {...(buckets.some(hasRefused) && {
          spark: lineOf(buckets, (group) => group.refused ?? 0),
        })}
        tone="bad"
      />
    </div>
  )
}

function hasRefused({ groups }: Overview['buckets'][number]): boolean {
  return Object.values(groups).some((group) => group.refused !== undefined)
}

/** Yesterday is the whole day, so it is shown and not compared by a share. */
function ofYesterday(figure: string): string {
  return figure === '0' ? 'none yesterday' : `${figure} yesterday`
}

function Waiting() {
  return (
    <div class="grid g4" aria-busy="true">
      {['Requests today', 'Tokens today', 'Spent this month', 'Refused today'].map((label) => (
        <Stat key={label} label={label} value="–" />
      ))}
    </div>
  )
}
