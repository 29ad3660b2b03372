import { join } from 'node:path'
import { type Machine, runStore, type TrustStore } from './store.ts'

/** Returns this user's store of the system on macOS and Windows; Linux has none for one user. */
export function findSystemStores(machine: Machine): TrustStore[] {
  if (machine.platform === 'darwin') return [loginKeychain(machine)]
  return machine.platform === 'win32' ? [windowsStore(machine)] : []
}

function loginKeychain({ run, home }: Machine): TrustStore {
  const keychain = join(home, 'Library/Keychains/login.keychain-db')
  const security = (...words: readonly string[]) => runStore(run, 'security', words)
  return {
    name: 'the login keychain',
    add: ({ file }) =>
      security('add-trusted-cert', '-r', 'trustRoot', '-p', 'ssl', '-k', keychain, file),
    remove: async ({ file, thumbprint }) => {
      const found = await run('security', ['find-certificate', '-a', '-Z', keychain], 30)
      if (!found.stdout.includes(thumbprint)) return null
      await security('remove-trusted-cert', file)
      return await security('delete-certificate', '-Z', thumbprint, keychain)
    },
  }
}

function windowsStore({ run }: Machine): TrustStore {
  const certutil = (...words: readonly string[]) => runStore(run, 'certutil', ['-user', ...words])
  return {
    name: 'the certificates of this Windows user',
    add: ({ file }) => certutil('-addstore', 'Root', file),
    remove: async ({ thumbprint }) => {
      const isMissing = (await certutil('-store', 'Root', thumbprint)) !== null
      return isMissing ? null : await certutil('-delstore', 'Root', thumbprint)
    },
  }
}
