import { useEffect, useRef, useState } from 'preact/hooks'
import { call, get, withQuery } from '../../api.ts'
import { useShared } from '../../lib/shared.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Empty } from '../../parts/empty.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Page } from '../../parts/page.tsx'
import { place, setQuery } from '../../place.ts'
import type { Explained } from './explained.ts'
import { Explanation } from './explanation.tsx'
import {
  fromRecord,
  isComplete,
  type Question,
  type RequestRecord,
  readQuestion,
  toBody,
  writeQuestion,
} from './question.ts'
import { QuestionForm } from './question-form.tsx'

/** Why was this refused? */
export function ExplainPage() {
  const { query } = useShared(place)
  const address = query.toString()
  const [question, setQuestion] = useState(() => readQuestion(query))
  const [explained, setExplained] = useState<Explained | null>(null)
  const asking = useSubmit(async (asked: Question) => {
    setExplained(null)
    setExplained(await call<Explained>('POST', '/explain', { body: toBody(asked) }))
  })
  const ask = useRef(asking.run)
  ask.current = asking.run
  useEffect(() => {
    let isLeft = false
    void findQuestion(new URLSearchParams(address)).then((found) => {
      if (isLeft) return
      setQuestion(found)
      if (isComplete(found)) void ask.current(found)
    })
    return () => {
      isLeft = true
    }
  }, [address])
  const onAsk = (asked: Question) => {
    const before = place.value.query.toString()
    setQuery(writeQuestion(asked))
    // The same question again: the answer may be another one by now.
    if (place.value.query.toString() === before) void asking.run(asked)
  }
  return (
    <Page title="Explain" command={explained?.command ?? 'npm run explain -- --key ID POST /PATH'}>
      <QuestionForm
        key={JSON.stringify(question)}
        question={question}
        isBusy={asking.isBusy}
        onAsk={onAsk}
      />
      <div class="below" aria-live="polite">
        <ErrorPanel failure={asking.failure} />
        {explained !== null && <Explanation of={explained} />}
        {explained === null && asking.failure === null && !asking.isBusy && (
          <div class="card">
            <Empty title="What would happen to a request">
              Every check with its answer stands here, and the file and line of the rule behind it.
              Nothing is sent on, and nothing is counted.
            </Empty>
          </div>
        )}
      </div>
    </Page>
  )
}

/** The question of the address; of a request of the past, with what its record says. */
async function findQuestion(query: URLSearchParams): Promise<Question> {
  const asked = readQuestion(query)
  const request = query.get('request')
  if (request === null) return asked
  try {
    const path = withQuery('/audit', { chain: 'requests', request, limit: 1 })
    const [record] = (await get<{ items: readonly RequestRecord[] }>(path)).items
    return record === undefined ? asked : fromRecord(record, asked)
  } catch {
    return asked
  }
}
