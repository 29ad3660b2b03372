/**
 * The databases of NSS: Chromium and its relatives read one of the user on Linux, Firefox one for
 * each of its profiles on every system. `certutil` of NSS changes them (Debian: libnss3-tools).
 */
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Authority, type Machine, runStore, type TrustStore } from './store.ts'

/** Returns the databases of this user; none where `certutil` of NSS is missing. */
export async function findNssStores(machine: Machine): Promise<TrustStore[]> {
  // That of Windows has the same name and does something else.
  if (machine.platform === 'win32') return []
  const { errorCode } = await machine.run('certutil', ['--version'], 10)
  if (errorCode !== null) return []
  return foldersOf(machine).map(({ title, folder }) => nssStore(machine, title, folder))
}

type NssFolder = { readonly title: string; readonly folder: string }

function foldersOf({ platform, home }: Machine): NssFolder[] {
  const chromium = [
    ...['.pki/nssdb', 'snap/chromium/current/.pki/nssdb', '.local/share/pki/nssdb'],
    '.var/app/org.chromium.Chromium/.pki/nssdb',
  ].map((path) => join(home, path))
  const [usual = ''] = chromium
  // Chromium uses it as soon as it is there, and makes it at its first start.
  const ofChromium = chromium.filter((folder) => hasDatabase(folder) || folder === usual)
  return [
    ...(platform === 'linux' ? ofChromium.map((folder) => ({ title: 'Chromium', folder })) : []),
    ...firefoxProfiles(home).map((folder) => ({ title: 'Firefox', folder })),
  ]
}

const hasDatabase = (folder: string) => existsSync(join(folder, 'cert9.db'))

function firefoxProfiles(home: string): string[] {
  const places = [
    ...['.mozilla/firefox', 'snap/firefox/common/.mozilla/firefox'],
    ...['.config/mozilla/firefox', '.var/app/org.mozilla.firefox/.mozilla/firefox'],
    'Library/Application Support/Firefox/Profiles',
  ]
  return places
    .map((place) => join(home, place))
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
    .filter(hasDatabase)
}

function nssStore({ run }: Machine, title: string, folder: string): TrustStore {
  const certutil = (...words: readonly string[]) =>
    runStore(run, 'certutil', ['-d', `sql:${folder}`, ...words])
  return {
    name: `${title} (${folder})`,
    add: async ({ file, nickname }) => {
      if (!hasDatabase(folder)) {
        mkdirSync(folder, { recursive: true, mode: 0o700 })
        const fault = await certutil('-N', '--empty-password')
        if (fault !== null) return fault
      }
      // For servers alone: neither for mail nor for code.
      return await certutil('-A', '-t', 'C,,', '-n', nickname, '-i', file)
    },
    remove: async ({ nickname }: Authority) => {
      if (!hasDatabase(folder)) return null
      const isMissing = (await certutil('-L', '-n', nickname)) !== null
      return isMissing ? null : await certutil('-D', '-n', nickname)
    },
  }
}
