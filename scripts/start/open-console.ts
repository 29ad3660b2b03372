/** What `npm start` does for the console once everything else is ready. */
import { homedir } from 'node:os'
import { isInternalName } from '../../gatekeeper/src/config/front-environment.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import { openInstallation } from '../../gatekeeper/src/operations/installation.ts'
import { readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { personName } from '../../gatekeeper/src/people/people-file.ts'
import { runCommand } from '../caddy/run-command.ts'
import { createTerminal } from '../frame/terminal.ts'
import { makeLink } from '../people/one-time.ts'
import { readText } from '../settings/read-settings-of.ts'
import { readUserName } from './first-key.ts'
import type { LauncherLog } from './launcher-log.ts'
import { offerTrust } from './offer-trust.ts'
import { waitForConsole } from './wait-until-ready.ts'

const consoleSecondsMax = 20

const inviteCommand = 'npm run people -- invite NAME --role owner'

/** Waits for the console, and says where it is and how its first owner gets in. */
export async function announceConsole(settings: Settings, log: LauncherLog): Promise<void> {
  const { origin, site } = settings.console
  if (!(await waitForConsole(settings, consoleSecondsMax))) {
    const cause = isInternalName(site) ? 'its log is above' : 'Caddy keeps asking for a certificate'
    return log.complain(`the console (${origin}) does not answer yet: ${cause}`)
  }
  const installation = openInstallation(settings, { clock: systemClock, readText })
  const isNew = (await readPeople(installation.peopleFile)).length === 0
  if (isNew && !log.isTerminal) {
    const text = `the console is at ${origin} and has no owner yet; make a set-up link with: ${inviteCommand}`
    return log.say('no-owner', text, { command: inviteCommand })
  }
  if (!isNew) log.say('console', `the console is at ${origin}`)
  if (log.isTerminal) await askForTrust(settings, log)
  // Last, since the browser must trust the certificate when the link is opened. Whoever has the
  // link becomes the owner: it may not get into a log.
  if (isNew) await sayLink(installation, log)
}

async function askForTrust(settings: Settings, log: LauncherLog): Promise<void> {
  const machine = { platform: process.platform, home: homedir(), run: runCommand }
  const { ask } = createTerminal()
  try {
    await offerTrust(settings, { machine, ask, say: (line) => log.say('trust', line) })
  } catch (error) {
    // Ctrl-D, or a store that fails: the console can be opened nevertheless.
    log.complain(`browsers do not trust its certificate yet: ${(error as Error).message}`)
  }
}

async function sayLink(
  installation: ReturnType<typeof openInstallation>,
  log: LauncherLog,
): Promise<void> {
  const user = readUserName()
  const name = personName.safeParse(user).success ? user : 'owner'
  const wanted = {
    kind: 'setup',
    person: null,
    name,
    title: null,
    role: 'owner',
    access: null,
  } as const
  const { link } = await makeLink(wanted, installation)
  log.say('setup', 'set the console up with this link, once and within 15 minutes:')
  log.say('setup', link)
}
