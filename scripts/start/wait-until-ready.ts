import { readFile } from 'node:fs/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkServerIdentity, rootCertificates } from 'node:tls'
import { isInternalName } from '../../gatekeeper/src/config/front-environment.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Listen } from '../../gatekeeper/src/lib/net/listening.ts'

const pollMs = 20
const requestMsMax = 2000

/** Where Caddy's own certificate authority keeps its root certificate. */
export function caFileOf(settings: Settings): string {
  return join(settings.stateDir, 'caddy', 'pki', 'authorities', 'local', 'root.crt')
}

/** The site that people and the launcher use: one with a certificate of Caddy's own, if any. */
export function siteOf(settings: Settings): string {
  const site = settings.sites.find(isInternalName) ?? settings.sites[0] ?? 'localhost'
  return site.replace(/^\*\./, 'gatekeeper.')
}

/** Returns the address to call for a listening address: `0.0.0.0` is not one. */
export function reachableHost(bind: string): string {
  if (bind === '0.0.0.0') return '127.0.0.1'
  return bind === '::' ? '::1' : bind
}

/** Waits until the gatekeeper is ready. Returns false after the time limit. */
export async function waitForGatekeeper(listen: Listen, limitSeconds: number): Promise<boolean> {
  const place =
    listen.kind === 'unix'
      ? { socketPath: listen.path }
      : { host: reachableHost(listen.host), port: listen.port }
  return await poll(limitSeconds, async () => {
    const { status } = await ask((then) => requestHttp({ ...place, path: '/readyz' }, then))
    return status === 200
  })
}

/** Waits until `GET /health` answers through Caddy, over verified TLS unless a platform ends it. Returns false after the limit. */
export async function waitForFront(settings: Settings, limitSeconds: number): Promise<boolean> {
  const { bind, httpsPort: port, platform } = settings
  const place = { site: siteOf(settings), bind, port, path: '/health' }
  return await poll(limitSeconds, async () => {
    const { status, text } =
      platform === null
        ? await askSite(place, caFileOf(settings))
        : await askPlatform(platform.port, reachableHost(bind))
    // An address rule may refuse this machine, too; then the gatekeeper has answered as well.
    const isRefused = status === 403 && text.includes('"address_refused"')
    return isRefused || (status === 200 && /"status"\s*:\s*"ok"/.test(text))
  })
}

/** Waits until the admin process answers through Caddy. Returns false after the limit. */
export async function waitForConsole(settings: Settings, limitSeconds: number): Promise<boolean> {
  const { site, port, bind } = settings.console
  const place = { site, port, bind, path: '/admin/v1/session' }
  return await poll(limitSeconds, async () => {
    // Nobody is signed in; without the admin process Caddy answers 503.
    return (await askSite(place, caFileOf(settings))).status === 401
  })
}

type SitePlace = {
  readonly site: string
  readonly bind: string
  readonly port: number
  readonly path: string
}

async function askSite({ site, bind, port, path }: SitePlace, caFile: string) {
  // Caddy creates it at its first start, so it may not exist yet.
  const root = await readFile(caFile, 'utf8').catch(() => null)
  return await ask((then) =>
    requestHttps(
      {
        ...{ host: reachableHost(bind), port, path },
        headers: {
          Host: `${isIP(site) === 6 ? `[${site}]` : site}${port === 443 ? '' : `:${port}`}`,
          'Sec-Fetch-Site': 'same-origin',
        },
        ...(isIP(site) === 0 && { servername: site }),
        ca: root === null ? [...rootCertificates] : [...rootCertificates, root],
        checkServerIdentity: (_host, certificate) => checkServerIdentity(site, certificate),
        agent: false,
      },
      then,
    ),
  )
}

/** As the health checks of the platform ask. */
async function askPlatform(port: number, host: string) {
  return await ask((then) => requestHttp({ host, port, path: '/health', agent: false }, then))
}

async function poll(limitSeconds: number, isReady: () => Promise<boolean>): Promise<boolean> {
  const deadlineAt = performance.now() + limitSeconds * 1000
  while (performance.now() < deadlineAt) {
    // At first usually nothing listens yet.
    if (await isReady().catch(() => false)) return true
    await sleep(pollMs)
  }
  return false
}

type Requester = (then: (response: IncomingMessage) => void) => ReturnType<typeof requestHttp>

async function ask(start: Requester): Promise<{ status: number; text: string }> {
  return await new Promise((done, fail) => {
    const request = start((response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (part) => {
        text += part
      })
      response.on('end', () => done({ status: response.statusCode ?? 0, text }))
      response.on('error', fail)
    })
    request.setTimeout(requestMsMax, () => request.destroy(new Error('no answer in time')))
    request.on('error', fail)
    request.end()
  })
}
