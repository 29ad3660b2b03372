import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isInternalName } from '../../gatekeeper/src/config/front-environment.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Terminal } from '../frame/terminal.ts'
import { changeTrust, findStores, readAuthority } from '../trust/change-trust.ts'
import type { Machine } from '../trust/store.ts'
import { caFileOf } from './wait-until-ready.ts'

export type OfferDeps = {
  readonly machine: Machine
  readonly ask: Terminal['ask']
  readonly say: (line: string) => void
}

const answerFile = ({ stateDir }: Pick<Settings, 'stateDir'>) => join(stateDir, 'trust.json')

/**
 * Asks the person once whether this user's browsers should trust our authority, and does it. The
 * answer is remembered; where no program can do it, or nobody is there, the command is named.
 */
export async function offerTrust(settings: Settings, deps: OfferDeps): Promise<void> {
  // A public authority is trusted already.
  if (!isInternalName(settings.console.site)) return
  if ((await readFile(answerFile(settings), 'utf8').catch(() => null)) !== null) return
  const authority = await readAuthority(caFileOf(settings))
  const stores = await findStores(deps.machine)
  if (deps.ask === null || authority === null || stores.length === 0) {
    return deps.say('browsers trust its certificate after: npm run trust')
  }
  const key = join(settings.stateDir, 'caddy/pki')
  deps.say('the console signs people in with passkeys, which need a certificate that the browser')
  deps.say(`trusts. It is signed by an authority of this installation (its key: ${key},`)
  deps.say('which only this user can read).')
  const isWanted = /^y(?:es)?$/i.test((await deps.ask(question(stores.length))).trim())
  const remembered = { version: 1, answer: isWanted ? 'yes' : 'no' }
  await writeFile(answerFile(settings), `${JSON.stringify(remembered)}\n`, { mode: 0o600 })
  if (!isWanted) return deps.say('not changed. Later: npm run trust')
  const { done, failed } = await changeTrust(stores, authority, 'add')
  for (const store of done) deps.say(`trusted in ${store}`)
  for (const { store, fault } of failed) deps.say(`${store}: ${fault}`)
  deps.say('restart browsers that are open. To undo it: npm run trust -- --undo')
}

const question = (stores: number) =>
  `Trust this authority in the browsers of this user (${stores} ${stores === 1 ? 'store' : 'stores'})? [y/N]`
