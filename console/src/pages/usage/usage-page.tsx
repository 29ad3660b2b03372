import { useEffect, useMemo } from 'preact/hooks'
import { callRaw, withQuery } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { saveAs } from '../../lib/save-as.ts'
import { useShared } from '../../lib/shared.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Notice } from '../../parts/notice.tsx'
import { Page } from '../../parts/page.tsx'
import { Segments } from '../../parts/segments.tsx'
import { place, setQuery } from '../../place.ts'
import { GroupsCard } from './groups-card.tsx'
import { RequestsOfGroup } from './requests-of-group.tsx'
import {
  type Asked,
  figures,
  groupings,
  rangeRows,
  ranges,
  readAsked,
  sinceOf,
  type Usage,
  usagePath,
} from './usage.ts'
import { UsageChart } from './usage-chart.tsx'

const groupingTitles = {
  ...{ user: 'by person', key: 'by key', model: 'by model', service: 'by service' },
} as const
const figureTitles = { money: 'Money', tokens: 'Tokens', requests: 'Requests' } as const

/** While earlier requests are counted, the figures are read again this often. */
const countAgainMs = 1_500

/** Where did it go? */
export function UsagePage() {
  const { query } = useShared(place)
  const { range, by, figure } = readAsked(query)
  const asked: Asked = { range, by, figure }
  const now = useMemo(() => Date.now(), [range, by])
  const usage = useResource<Usage>(usagePath(asked, now), true)
  const only = query.get('only')
  useEffect(() => {
    if (usage.value?.isComplete !== false) return
    const timer = setTimeout(usage.reload, countAgainMs)
    return () => clearTimeout(timer)
  }, [usage.value])
  return (
    <Page title="Usage and cost" command={`npm run usage -- --by ${by} --since ${range}`}>
      <Choice asked={asked} since={sinceOf(range, now)} only={only} />
      <ErrorPanel failure={usage.failure} onRetry={usage.reload} />
      {usage.value?.isComplete === false && (
        <Notice
          tone="info"
          word="Counting"
          go={
            <Button isSmall onClick={usage.reload}>
              Look again
            </Button>
          }
        >
          Earlier requests are being counted for the first time: figures still grow.
        </Notice>
      )}
      <UsageChart usage={usage.value} asked={asked} />
      <GroupsCard usage={usage.value} asked={asked} isSlow={usage.isSlow} />
      {only !== null && <RequestsOfGroup name={only} by={by} since={sinceOf(range, now)} />}
    </Page>
  )
}

type ChoiceProps = { readonly asked: Asked; readonly since: string; readonly only: string | null }

/** What is shown, of which period, and the same for a spreadsheet. */
function Choice({ asked, since, only }: ChoiceProps) {
  const { range, by, figure } = asked
  const chosen = only === null ? { by } : { [by]: only }
  const csv = useSubmit(async () => {
    const path = withQuery('/usage/export', { since, ...chosen })
    const answer = await callRaw('GET', path, { accept: 'text/csv' })
    saveAs(only === null ? `usage-by-${by}.csv` : 'usage-requests.csv', await answer.blob())
  })
  return (
    <>
      <div class="bar-row">
        <Segments
          label="Figure"
          of={figures.map((value) => ({ value, title: figureTitles[value] }))}
          value={figure}
          onChange={(value) => setQuery({ figure: value === 'money' ? null : value }, 'replace')}
        />
        <Segments
          label="Groups"
          of={groupings.map((value) => ({ value, title: groupingTitles[value] }))}
          value={by}
          onChange={(value) => setQuery({ by: value === 'user' ? null : value, only: null })}
        />
        <div class="grow" />
        <Segments
          label="Period"
          of={ranges.map((value) => ({ value, title: rangeRows[value].title }))}
          value={range}
          onChange={(value) => setQuery({ range: value === '30d' ? null : value })}
        />
        <Button isSmall isBusy={csv.isBusy} label="Save as CSV" onClick={() => void csv.run()}>
          CSV
        </Button>
      </div>
      <ErrorPanel failure={csv.failure} />
    </>
  )
}
