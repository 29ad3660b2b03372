import { useEffect, useState } from 'preact/hooks'
import { ApiFailure, offlineFailure } from '../api-failure.ts'
import { later } from '../lib/later.tsx'
import { useShared } from '../lib/shared.ts'
import { ErrorPanel } from '../parts/error-panel.tsx'
import { go, place, signInPath } from '../place.ts'
import { loadSession, session } from '../session.ts'
import { ProofHost } from '../signin/proof-host.tsx'
import { DegradedNotice } from './degraded-notice.tsx'
import { Navigation } from './navigation.tsx'
import { Outlet, routeAt } from './outlet.tsx'

const Help = later(async () => (await import('./help.tsx')).Help)

/** Open pages alone; all others in the frame, and only with a session. */
export function App() {
  const isOpen = routeAt(useShared(place).path)?.page.isOpen === true
  return (
    <>
      {isOpen ? <Outlet /> : <SignedIn />}
      <ProofHost />
    </>
  )
}

function SignedIn() {
  const [failure, setFailure] = useState<ApiFailure | null>(null)
  const [turn, setTurn] = useState(0)
  const isKnown = useShared(session) !== null
  useEffect(() => {
    if (isKnown) return
    setFailure(null)
    loadSession().then(
      (view) => view === null && go(signInPath(), 'replace'),
      (error: unknown) => setFailure(error instanceof ApiFailure ? error : offlineFailure()),
    )
  }, [turn, isKnown])
  if (isKnown) return <Frame />
  if (failure === null) return <div class="starting">Gatekeeper</div>
  return (
    <main class="alone">
      <ErrorPanel failure={failure} onRetry={() => setTurn(turn + 1)} />
    </main>
  )
}

function Frame() {
  const [hasHelp, setHelp] = useState(false)
  useEffect(() => {
    const gone = new AbortController()
    // What is not needed for the first view comes after it.
    void import('../live-stream.ts').then(({ keepOpen }) => keepOpen(gone.signal)).catch(() => {})
    void import('./shortcuts.ts')
      .then(({ followShortcuts }) => followShortcuts(() => setHelp(true), gone.signal))
      .catch(() => {})
    return () => gone.abort()
  }, [])
  return (
    <div class="app">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <Navigation onHelp={() => setHelp(true)} />
      <main id="main" tabIndex={-1}>
        <DegradedNotice />
        <Outlet />
      </main>
      {hasHelp && <Help onClose={() => setHelp(false)} />}
    </div>
  )
}
