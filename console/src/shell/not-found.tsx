import { Empty } from '../parts/empty.tsx'
import { Page } from '../parts/page.tsx'

export function NotFound() {
  return (
    <Page title="Not found">
      <div class="card">
        <Empty title="There is no page at this address" act={<a href="/">To the overview</a>}>
          It may have moved, or be one that your role does not have.
        </Empty>
      </div>
    </Page>
  )
}
