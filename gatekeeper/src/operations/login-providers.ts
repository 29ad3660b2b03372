import { loadGateway } from '../config/load-gateway.ts'
import type { Settings } from '../config/read-settings.ts'
import { isVisibleAscii } from '../lib/net/fields.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { LoginProvider } from '../model/console-settings.ts'

/**
 * Returns the providers at which people sign in, with their secrets, which the admin process alone
 * reads. Throws a ProblemsError that names every secret that cannot be read.
 */
export function readLoginProviders(
  settings: Settings,
  readText: (path: string) => string,
): readonly LoginProvider[] {
  const problems: Problem[] = []
  const { signin } = loadGateway(settings, readText)
  const others = signin.map(({ clientSecretFile, ...entry }): LoginProvider => {
    const clientSecret = readSecret(clientSecretFile, { readText, problems })
    return { ...entry, kind: 'openid', clientSecret, narrowedTo: null }
  })
  if (problems.length > 0) throw new ProblemsError(problems)
  return [...settings.signIn, ...others]
}

function readSecret(
  source: string,
  at: { readonly readText: (path: string) => string; readonly problems: Problem[] },
): string {
  try {
    const secret = at.readText(source).trim()
    if (isVisibleAscii(secret)) return secret
    const what = 'is not a secret in one line of visible characters'
    at.problems.push({ source, what, remedy: 'Write the secret of the provider into it.' })
  } catch (error) {
    const what = `cannot be read (${(error as NodeJS.ErrnoException).code})`
    const remedy = 'Make it readable for the admin process, or correct signin in gatekeeper.yaml.'
    at.problems.push({ source, what, remedy })
  }
  return ''
}
