import { Page } from '../../parts/page.tsx'
import { LoginsCard } from './logins-card.tsx'
import { PasskeysCard } from './passkeys-card.tsx'
import { SessionsCard } from './sessions-card.tsx'
import { SigninsCard } from './signins-card.tsx'
import { YouCard } from './you-card.tsx'

/** Who am I here, how do I sign in, and where am I signed in? */
export function SettingsPage() {
  return (
    <Page title="Settings" command="npm run people -- code YOU --for passkey.add">
      <YouCard />
      <PasskeysCard />
      <SessionsCard />
      <LoginsCard />
      <SigninsCard />
    </Page>
  )
}
