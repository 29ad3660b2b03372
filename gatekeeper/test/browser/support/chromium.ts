/**
 * A headless Chromium as a person has one: it trusts Caddy's root because the root was put into its
 * certificate store, in a HOME that is thrown away. No switch makes it ignore anything.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type LaunchOptions,
} from 'playwright-core'
import type { BrowserPrograms } from './install.ts'

export type OwnChromium = {
  /** A context that shares nothing with others; a lax browser has only one. */
  readonly openContext: (options?: BrowserContextOptions) => Promise<BrowserContext>
  readonly stop: () => Promise<void>
}

export type ChromiumOptions = {
  /** The root certificate to trust, as a PEM file; null adds none. */
  readonly caFile: string | null
  /** Names that lead to this machine: `{ 'friend.example:443': '127.0.0.1:8443' }`. */
  readonly hosts: Readonly<Record<string, string>>
  /**
   * Without the protections that only Chromium has, and which could hide a fault of ours
   * would stay hidden: that credentials are remembered per top-level site and kept from third
   * parties, and that its user is asked before a page reaches into the local network.
   */
  readonly isLax?: boolean
}

/** For the profile: Basic credentials count for all sites, and go with every request. */
const laxPreferences = {
  auth: { globally_scoped_http_auth_cache_enabled: true },
  profile: { cookie_controls_mode: 0, block_third_party_cookies: false },
}
const laxSwitches = [
  '--disable-features=LocalNetworkAccessChecks,LocalNetworkAccessChecksWebSockets,HttpsUpgrades',
]
const run = promisify(execFile)

export async function startChromium(
  programs: BrowserPrograms | null,
  { caFile, hosts, isLax = false }: ChromiumOptions,
): Promise<OwnChromium> {
  if (programs === null) throw new Error('without a browser the suite should have been skipped')
  const home = mkdtempSync(join(tmpdir(), 'gk-home-'))
  if (caFile !== null) await trust(programs.certutil, { home, caFile })
  const launch: LaunchOptions = {
    executablePath: programs.chromium,
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
    args: [
      ...['--disable-gpu', '--disable-quic', '--disable-component-update', '--disable-sync'],
      `--host-resolver-rules=${resolverRules(hosts)}`,
      ...(isLax ? laxSwitches : []),
    ],
  }
  const { openContext, close } = await (isLax ? launchLax(home, launch) : launchUsual(launch))
  const stop = async () => {
    await close()
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
  return { openContext, stop }
}

async function launchUsual(options: LaunchOptions) {
  const browser = await chromium.launch(options)
  return {
    openContext: (options: BrowserContextOptions = {}) => browser.newContext(options),
    close: () => browser.close(),
  }
}

/** Preferences belong to a profile in a folder, and such a browser has no second context. */
async function launchLax(home: string, options: LaunchOptions) {
  const profile = join(home, 'profile')
  mkdirSync(join(profile, 'Default'), { recursive: true })
  writeFileSync(join(profile, 'Default/Preferences'), JSON.stringify(laxPreferences))
  const context = await chromium.launchPersistentContext(profile, options)
  return { openContext: async () => context, close: () => context.close() }
}

/** Chromium reads the NSS database of its user; `C` is "may sign the certificates of servers". */
async function trust(certutil: string, at: { home: string; caFile: string }): Promise<void> {
  const folder = join(at.home, '.pki/nssdb')
  mkdirSync(folder, { recursive: true })
  await run(certutil, ['-d', `sql:${folder}`, '-N', '--empty-password'])
  const words = ['-A', '-t', 'C,,', '-n', 'gatekeeper-test', '-i', at.caFile]
  await run(certutil, ['-d', `sql:${folder}`, ...words])
}

/** Everything but the named hosts and this machine does not exist: nothing leaves it. */
function resolverRules(hosts: ChromiumOptions['hosts']): string {
  const mapped = Object.entries(hosts).map(([from, to]) => `MAP ${from} ${to}`)
  return [...mapped, 'MAP * ~NOTFOUND', 'EXCLUDE localhost', 'EXCLUDE 127.0.0.1'].join(', ')
}
