/**
 * Keys of a remote issuer, from the address in our configuration. A token can only trigger a
 * look-up for newer keys: it chooses neither the address nor the frequency. If the issuer is
 * unreachable, its last valid keys stay in use for a while, and the problem is reported.
 */

import type { Clock } from '../lib/clock.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import { cureOfCertificate, isCertificateFault } from '../lib/net/certificate-fault.ts'
import type { Problem } from '../lib/problem.ts'
import { systemTimers, type Timers } from '../lib/timers.ts'
import type { WatchedKeySource } from './file-jwk-set.ts'
import { type KeySet, readKeySet } from './jwk-set.ts'

/**
 * Fetches a small document. Rejects if it is not complete, in time and from exactly this address.
 */
export type FetchDocument = (
  url: string,
  options?: { readonly ca?: string | undefined },
) => Promise<string>

export type RemoteKeys = {
  readonly issuer: string
  /** Address of the JWK Set; null uses the discovery document of the issuer. */
  readonly url: string | null
  /** How long keys stay in use that cannot be fetched again. */
  readonly keepMs: number
  /** Authorities of its server in PEM form, instead of the public ones. */
  readonly ca?: string | undefined
}

export type RemoteKeySourceDeps = {
  readonly fetchDocument: FetchDocument
  readonly clock: Clock
  readonly timers?: Timers
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

/** Keys are fetched this often, so that a rotation is seen before its first token. */
const intervalMs = 10 * 60_000
/** Tokens with unknown keys cause a request at most this often. */
const cooldownMs = 30_000
const backOffMs = [5_000, 15_000, 30_000, 60_000, 300_000]

/** Begins to follow the keys; the first request continues in the background. */
export function openRemoteKeySource(keys: RemoteKeys, deps: RemoteKeySourceDeps): WatchedKeySource {
  const follower = new Follower(keys, deps)
  void follower.look()
  return {
    current: () => follower.current(),
    refresh: () => follower.refresh(),
    problems: () => follower.problems(),
    close: () => follower.close(),
  }
}

class Follower {
  readonly #keys: RemoteKeys
  readonly #deps: RemoteKeySourceDeps
  readonly #timers: Timers
  #keySet: KeySet | null = null
  #text = ''
  #goodAt = 0
  #lookedAt = Number.NEGATIVE_INFINITY
  #failures = 0
  #fault: string | null = null
  #remedy = reachable
  #running: Promise<void> | null = null
  #stopTimer = () => {}
  #isClosed = false

  constructor(keys: RemoteKeys, deps: RemoteKeySourceDeps) {
    this.#keys = keys
    this.#deps = deps
    this.#timers = deps.timers ?? systemTimers
  }

  current(): KeySet | null {
    const isKept = this.#deps.clock() - this.#goodAt <= this.#keys.keepMs
    return isKept ? this.#keySet : null
  }

  problems(): Problem[] {
    if (this.#fault === null) return []
    const { issuer } = this.#keys
    const kept =
      this.current() === null ? 'no key of it is in use' : 'its last valid keys stay in use'
    return [{ source: issuer, what: `${this.#fault}; ${kept}`, remedy: this.#remedy }]
  }

  /** For a token with an unknown key: concurrent callers share one request. */
  async refresh(): Promise<void> {
    const isEarly = this.#deps.clock() - this.#lookedAt < cooldownMs
    if (this.#running === null && isEarly) return
    await this.look()
  }

  look(): Promise<void> {
    this.#running ??= this.#look().finally(() => {
      this.#running = null
      this.#plan()
    })
    return this.#running
  }

  close(): void {
    this.#isClosed = true
    this.#stopTimer()
  }

  #plan(): void {
    this.#stopTimer()
    if (this.#isClosed) return
    const afterFailure = backOffMs[Math.min(this.#failures, backOffMs.length) - 1]
    const delayMs = this.#failures === 0 ? intervalMs : (afterFailure as number)
    this.#stopTimer = this.#timers.after(delayMs, () => void this.look())
  }

  async #look(): Promise<void> {
    this.#lookedAt = this.#deps.clock()
    try {
      this.#take(await this.#getDocument(await this.#address()))
      this.#failures = 0
      this.#fault = null
      this.#goodAt = this.#deps.clock()
    } catch (error) {
      this.#failures++
      this.#fault = describeFault(error)
      this.#remedy = cureOf(error, this.#keys)
      if (this.#failures === 1) {
        const { issuer } = this.#keys
        const remedy = this.#remedy
        this.#deps.log.warn({ issuer, fault: this.#fault, remedy }, 'issuer keys')
      }
    }
  }

  #take(text: string): void {
    // The same set stays the same object, so cached signatures stay valid.
    if (text === this.#text) return
    const read = readKeySet(text)
    if ('problem' in read) throw new KeyFault(`its key set ${read.problem}`)
    if (read.keySet.size === 0) throw new KeyFault('its key set has no key that can be used')
    this.#keySet = read.keySet
    this.#text = text
  }

  #getDocument(url: string): Promise<string> {
    return this.#deps.fetchDocument(url, { ca: this.#keys.ca })
  }

  async #address(): Promise<string> {
    const { issuer, url } = this.#keys
    if (url !== null) return url
    const text = await this.#getDocument(discoveryAddress(issuer))
    return readDiscovery(text, issuer)
  }
}

/** A fault in our own words: the text of an issuer is never shown. */
class KeyFault extends Error {
  override readonly name = 'KeyFault'
}

function describeFault(error: unknown): string {
  if (error instanceof KeyFault) return error.message
  const { code, name } = error as NodeJS.ErrnoException
  const isUntrusted = code !== undefined && isCertificateFault(code)
  return isUntrusted
    ? `the certificate of its server is not trusted (${code})`
    : `its keys cannot be fetched (${code ?? name})`
}

const reachable = 'Is it reachable from here? The address is in issuers of gatekeeper.yaml.'

function cureOf(error: unknown, { issuer }: RemoteKeys): string {
  const { code = '' } = error as NodeJS.ErrnoException
  return isCertificateFault(code)
    ? cureOfCertificate(code, `the entry of ${issuer} in issuers`)
    : reachable
}

/** OpenID Connect Discovery 1.0 §4: appended to the issuer, without its last slash. */
export function discoveryAddress(issuer: string): string {
  return `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
}

/**
 * Returns the address of the keys in a discovery document. The document must name exactly this
 * issuer (OpenID Connect Discovery 1.0 §4.3), or one issuer could impersonate another.
 */
function readDiscovery(text: string, issuer: string): string {
  const document = readObject(text)
  if (document?.['issuer'] !== issuer) {
    throw new KeyFault('its discovery document is that of another issuer')
  }
  const address = document['jwks_uri']
  if (typeof address !== 'string' || !isSafeAddress(address, issuer)) {
    throw new KeyFault('its discovery document has no usable jwks_uri')
  }
  return address
}

/**
 * Keys that come over plain HTTP could be replaced on the network, unless the issuer is on this
 * machine.
 */
function isSafeAddress(address: string, issuer: string): boolean {
  if (!URL.canParse(address)) return false
  const { protocol, origin } = new URL(address)
  return protocol === 'https:' || (protocol === 'http:' && origin === new URL(issuer).origin)
}

function readObject(text: string): Record<string, unknown> | null {
  const value = parseJson(text)
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
}
