import { shortCount } from '../../lib/format.ts'
import { Bar } from '../../parts/bar.tsx'
import { Card } from '../../parts/card.tsx'
import type { TopUser } from './overview.ts'

const rowsMax = 8

/** Who used most today, by tokens; by requests where nothing has tokens. */
export function TopUsersCard({ of }: { of: readonly TopUser[] | null }) {
  const hasTokens = of?.some(({ tokens }) => tokens > 0) === true
  const figureOf = (user: TopUser) => (hasTokens ? user.tokens : user.requests)
  const shown = [...(of ?? [])].sort((a, b) => figureOf(b) - figureOf(a)).slice(0, rowsMax)
  const most = Math.max(1, ...shown.map(figureOf))
  return (
    <Card
      title="Who used most today"
      end={<span class="hint">{hasTokens ? 'tokens' : 'requests'}</span>}
    >
      {of?.length === 0 && <p class="hint">Nobody yet.</p>}
      <div class="rows">
        {shown.map((user) => (
          <div key={user.name}>
            <span>{user.name}</span>
            <span class="figure">{shortCount(figureOf(user))}</span>
            <Bar share={figureOf(user) / most} />
          </div>
        ))}
      </div>
    </Card>
  )
}
