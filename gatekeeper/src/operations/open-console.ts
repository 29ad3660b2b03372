/** What the admin process opens for the console, beside the installation. */
import { loadConsoleEdge } from '../config/console-edge.ts'
import { readTextFile } from '../lib/files/text-file.ts'
import type { ConsoleSettings } from '../model/console-settings.ts'
import { openPeopleStore, type PeopleStore } from '../people/people-store.ts'
import type { Log } from '../telemetry/log.ts'
import type { Installation } from './installation.ts'
import { createKeyIndex, type KeyIndex } from './keys/key-index.ts'
import { readLoginProviders } from './login-providers.ts'

export type ConsoleParts = {
  readonly settings: ConsoleSettings
  /** The secret by which Caddy is recognised at the console's socket. */
  readonly edge: string
  readonly people: PeopleStore
  readonly keys: KeyIndex
}

/** Opens the parts; rejects with a ProblemsError if the file of people is broken. */
export async function openConsole(installation: Installation, log: Log): Promise<ConsoleParts> {
  const { settings, stateDir, peopleFile } = installation
  const { origin, rpId, rpName, isPasskeyPossible } = settings.console
  const people = await openPeopleStore({
    file: peopleFile,
    log: {
      // The gatekeeper reads the same file and says that it did.
      info: () => {},
      error: (fields, message) => log.error(fields, message),
    },
  })
  return {
    settings: {
      origin,
      passkey: { rpId, rpName, isPossible: isPasskeyPossible },
      providers: readLoginProviders(settings, readTextFile),
    },
    edge: loadConsoleEdge(stateDir),
    people,
    keys: createKeyIndex(installation),
  }
}
