/** Adds the authority of this installation to this user's stores, or removes it from them. */
import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { findNssStores } from './nss-stores.ts'
import type { Authority, Machine, TrustStore } from './store.ts'
import { findSystemStores } from './system-stores.ts'

/** Returns the authority of a root certificate; null if Caddy has not made it yet. */
export async function readAuthority(file: string): Promise<Authority | null> {
  const text = await readFile(file, 'utf8').catch(() => null)
  if (text === null) return null
  const thumbprint = new X509Certificate(text).fingerprint.replaceAll(':', '')
  // A second installation of this user has an authority of its own.
  const nickname = `Gatekeeper authority ${thumbprint.slice(0, 16).toLowerCase()}`
  return { file, thumbprint, nickname }
}

/** Returns this user's stores that can be changed by a program. */
export async function findStores(machine: Machine): Promise<readonly TrustStore[]> {
  return [...findSystemStores(machine), ...(await findNssStores(machine))]
}

export type TrustChange = {
  readonly done: readonly string[]
  readonly failed: readonly { readonly store: string; readonly fault: string }[]
}

/** Changes every store, one after the other, since a store may ask the person. */
export async function changeTrust(
  stores: readonly TrustStore[],
  authority: Authority,
  act: 'add' | 'remove',
): Promise<TrustChange> {
  const done: string[] = []
  const failed: { store: string; fault: string }[] = []
  for (const store of stores) {
    const fault = await store[act](authority)
    if (fault === null) done.push(store.name)
    else failed.push({ store: store.name, fault })
  }
  return { done, failed }
}

/** Returns how a person does it where no program can. */
export function describeByHand({ platform }: Pick<Machine, 'platform'>, file: string): string[] {
  const tool =
    platform === 'linux'
      ? ['For Chromium and Firefox install certutil (Debian: libnss3-tools), and try again.']
      : []
  return [
    ...tool,
    `By hand: import ${file} as an authority for websites in the browser's settings`,
    '(Chromium: Privacy and security, Security, Manage certificates; Firefox: Certificates).',
  ]
}
