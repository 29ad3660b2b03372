import { useEffect, useState } from 'preact/hooks'
import { call } from '../../api.ts'
import { useResource } from '../../lib/resource.ts'
import { useSubmit } from '../../lib/submit.ts'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { go } from '../../place.ts'
import { startSession } from '../../session.ts'
import { checkBrowser } from '../../signin/check-browser.ts'
import { Entry } from '../../signin/entry.tsx'
import type { SigninView } from '../../signin/signin-view.ts'
import { FirstPasskey } from './first-passkey.tsx'
import { type Link, openLink, readLink } from './link.ts'
import { SecondPasskey } from './second-passkey.tsx'

const titles = {
  setup: 'Make this yours',
  invite: 'You are invited',
  reset: 'Make a new passkey',
} as const

/** The page of a one-time link: a first passkey, and a second one at once. */
export function WelcomePage() {
  const { value: ways, failure, reload } = useResource<SigninView>('/signin')
  const [link, setLink] = useState<Link | null>(readLink())
  const [isRegistered, setRegistered] = useState(false)
  const open = useSubmit(async () => setLink(await openLink()))
  const isReady = ways !== null && isUsable(ways)
  useEffect(() => {
    // The link is used only where something can be made of it.
    if (isReady && link === null) void open.run()
  }, [isReady])
  const registered = async ({ session }: { session: string }) => {
    await startSession(session)
    setRegistered(true)
  }
  if (isRegistered) return <SecondPasskey onDone={() => go('/', 'replace')} />
  return (
    <Entry title={link === null ? 'Welcome' : titles[link.kind]}>
      <ErrorPanel failure={failure} onRetry={reload} />
      <ErrorPanel failure={open.failure} />
      {open.failure !== null && <NewLink />}
      {ways !== null && (link !== null || !isReady) && (
        <FirstPasskey link={link} ways={ways} onRegistered={registered} onAccept={accept} />
      )}
    </Entry>
  )

  async function accept() {
    const body = { ticket: link?.ticket }
    const { session } = await call<{ session: string }>('POST', '/signin/invitation/accept', {
      body,
    })
    await startSession(session)
    go('/', 'replace')
  }
}

/** On a bare address the link itself signs in; elsewhere a passkey or a provider is needed. */
function isUsable({ passkey, providers }: SigninView): boolean {
  if (!passkey.isPossible || providers.length > 0) return true
  return checkBrowser(true).every(({ isGood }) => isGood)
}

function NewLink() {
  return (
    <p>
      A link works once and for 15 minutes. Ask for another one; on the machine of Gatekeeper{' '}
      <code>npm run people -- reset</code> prints one.
    </p>
  )
}
