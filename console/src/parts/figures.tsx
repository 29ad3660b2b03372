import { formatCount, formatMoney, shortCount } from '../lib/format.ts'

/** Integer micro-dollars as dollars. */
export function Money({ microUsd }: { microUsd: string | number }) {
  return <span class="figure">{formatMoney(microUsd)}</span>
}

/** A whole number; `isShort` writes `1.6 M`, with the whole number on hover. */
export function Count({ of, isShort = false }: { of: number; isShort?: boolean }) {
  if (!isShort) return <span class="figure">{formatCount(of)}</span>
  return (
    <span class="figure" title={formatCount(of)}>
      {shortCount(of)}
    </span>
  )
}
