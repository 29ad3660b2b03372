/** Passkeys in this browser: what the API begins, the authenticator answers, and the API judges. */
import { startAuthentication, startRegistration } from '@simplewebauthn/browser'
import { ApiFailure, problemOf } from '../api-failure.ts'

/** What the API gives for one answer of an authenticator. */
export type Begun = { readonly challengeId: string; readonly options: object }

type SignOptions = Parameters<typeof startAuthentication>[0]['optionsJSON']
type MakeOptions = Parameters<typeof startRegistration>[0]['optionsJSON']

/** Asks for a passkey. Throws an ApiFailure that says what to do if none was used. */
export async function askPasskey({ challengeId, options }: Begun): Promise<object> {
  try {
    const response = await startAuthentication({ optionsJSON: options as SignOptions })
    return { challengeId, response }
  } catch (error) {
    throw describe(error, 'No passkey was used.')
  }
}

/** Asks for a new passkey. Throws an ApiFailure that says what to do if none was made. */
export async function makePasskey({ challengeId, options }: Begun): Promise<object> {
  const startedAt = performance.now()
  try {
    const response = await startRegistration({ optionsJSON: options as MakeOptions })
    return { challengeId, response }
  } catch (error) {
    // A person needs longer to say no: a browser refuses at once where it does not trust the site.
    const isAtOnce = performance.now() - startedAt < instantMs
    throw describe(error, isAtOnce ? `${refusedAtOnce} ${trustAdvice}` : 'No passkey was made.')
  }
}

const instantMs = 150
const refusedAtOnce =
  'The browser refused at once, as it does where it does not trust the certificate.'

/** How to make this browser trust the certificate. */
export const trustAdvice =
  'Run `npm run trust` on this computer and restart the browser, or give the console a name with a public certificate.'

function describe(error: unknown, otherwise: string): ApiFailure {
  const { name } = error as { readonly name?: string }
  const detail =
    name === 'InvalidStateError'
      ? 'This authenticator has a passkey of yours already. Use another one.'
      : name === 'SecurityError'
        ? 'The browser makes no passkeys for this address. Open the console under its own name.'
        : otherwise
  return new ApiFailure({ ...problemOf(0, null), reason: 'passkey', detail })
}

/** Returns a name for a new passkey that a person may recognise: `Firefox on Linux`. */
export function proposeLabel(agent = navigator.userAgent): string {
  const browser = /Edg\//.test(agent)
    ? 'Edge'
    : /Firefox\//.test(agent)
      ? 'Firefox'
      : /Chrom(?:e|ium)\//.test(agent)
        ? 'Chrome'
        : /Safari\//.test(agent)
          ? 'Safari'
          : 'Browser'
  const systems = [
    ['Android', /Android/],
    ['iPhone', /iPhone/],
    ['iPad', /iPad/],
    ['Windows', /Windows/],
    ['Mac', /Mac OS X/],
    ['Linux', /Linux/],
  ] as const
  const system = systems.find(([, form]) => form.test(agent))?.[0]
  return system === undefined ? browser : `${browser} on ${system}`
}
