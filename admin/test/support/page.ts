/** A page of the console as the API sees it: it keeps its cookies and the second half of its session. */
import type { ApiAnswer, TestApi } from './open-api.ts'
import { createAuthenticator } from './software-authenticator.ts'

type Options = {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export type Page = ReturnType<typeof openPage>

/** Opens a page that is not signed in, at an address of its own. */
export function openPage(api: TestApi, address = '192.0.2.1') {
  const cookies = new Map<string, string>()
  let half: string | null = null
  const raw = async (call: string, { body, headers = {} }: Options = {}) => {
    const [method = '', path = ''] = call.split(' ')
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(api.origin + path, {
      method,
      redirect: 'manual',
      headers: {
        ...{ 'x-gatekeeper-edge': api.edge, 'sec-fetch-site': 'same-origin' },
        'x-gatekeeper-client-address': address,
        ...(cookie !== '' && { cookie }),
        ...(half !== null && { 'x-gatekeeper-session': half }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    for (const field of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (field.split(';')[0] ?? '').split('=')
      if (/max-age=0/i.test(field)) cookies.delete(name)
      else cookies.set(name, value)
    }
    return answer
  }
  const send = async (call: string, options: Options = {}): Promise<ApiAnswer> => {
    const answer = await raw(call.replace(' ', ' /admin/v1'), options)
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.includes('json') === true
    const body = isJson ? JSON.parse(text) : null
    if (answer.ok && typeof body?.session === 'string') half = body.session
    return { status: answer.status, etag: answer.headers.get('etag'), body, text }
  }
  return {
    ...{ send, raw, cookies },
    get half() {
      return half
    },
    setHalf: (next: string | null) => {
      half = next
    },
  }
}

/** Returns an authenticator for the API's console. */
export function openAuthenticator({ deps }: TestApi) {
  const { origin, passkey } = deps.settings
  return createAuthenticator({ origin, rpId: passkey.rpId })
}

export type Authenticator = ReturnType<typeof openAuthenticator>

/** Opens a one-time link and registers the first passkey with it. */
export async function claimLink(page: Page, code: string, authenticator: Authenticator) {
  const opened = await page.send('POST /signin/invitation', { body: { code } })
  if (opened.status !== 200) return opened
  const { ticket } = opened.body
  const begun = await page.send('POST /signin/invitation/register/begin', { body: { ticket } })
  const { challengeId, options } = begun.body
  const response = authenticator.register(options)
  return await page.send('POST /signin/invitation/register/finish', {
    body: { ticket, challengeId, response, label: 'laptop' },
  })
}

/** Signs in with a passkey. */
export async function signInWith(page: Page, authenticator: Authenticator) {
  const begun = await page.send('POST /signin/passkey/begin')
  const { challengeId, options } = begun.body
  const response = authenticator.sign(options)
  return await page.send('POST /signin/passkey/finish', { body: { challengeId, response } })
}

/** Proves an act with a passkey; returns the field of the call. */
export async function proveWith(
  page: Page,
  authenticator: Authenticator,
  wanted: { readonly act: string; readonly target?: string },
): Promise<Readonly<Record<string, string>>> {
  const begun = await page.send('POST /step-up/begin', { body: wanted })
  const { challengeId, options } = begun.body
  const response = authenticator.sign(options)
  const finished = await page.send('POST /step-up/finish', { body: { challengeId, response } })
  return { 'x-gatekeeper-step-up': finished.body.stepUp }
}
