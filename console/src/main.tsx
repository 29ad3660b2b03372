import { render } from 'preact'
import { whenSignedOut } from './api.ts'
import { onEvent } from './events.ts'
import { pages } from './pages.ts'
import { followAddress, go, place, signInPath } from './place.ts'
import { setPaths } from './places.ts'
import { onOtherTab, secondHalf } from './second-half.ts'
import { type Degraded, degraded, loadSession, queueNow, session } from './session.ts'
import { App } from './shell/app.tsx'
import { routeAt } from './shell/outlet.tsx'
import { followSystemTheme } from './theme/theme.ts'

const countsPauseMs = 500

function signOut(): void {
  session.value = null
  if (routeAt(place.value.path)?.page.isOpen !== true) go(signInPath(), 'replace')
}

/** Numbers beside the places follow changes, whoever makes them. */
function followChanges(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  onEvent('changed', () => {
    clearTimeout(timer)
    timer = setTimeout(() => void loadSession().catch(() => {}), countsPauseMs)
  })
  onEvent<{ items: readonly Degraded[] }>('degraded', ({ items }) => {
    degraded.value = items
  })
  onEvent<{ queue?: { running: number; waiting: number } }>('overview', ({ queue }) => {
    if (queue !== undefined) queueNow.value = queue
  })
}

whenSignedOut(signOut)
onOtherTab(() => {
  if (secondHalf() === null) return signOut()
  // Whose session this is may have changed: then everything shown is read again. After a proof it is
  // the same one with new halves.
  const before = session.value?.session.id
  void loadSession()
    .then((now) => now?.session.id === before || location.reload())
    .catch(() => {})
})
setPaths(pages.map(({ path }) => path))
followAddress()
followSystemTheme()
followChanges()
// The page's code is on its way while the session is read.
void routeAt(place.value.path)
  ?.page.load()
  .catch(() => {})

const root = document.getElementById('console')
if (root !== null) {
  root.replaceChildren()
  render(<App />, root)
}
