/**
 * Every character that may stand in a field's name besides letters and digits (RFC 9110 §5.6.2).
 */
const oddCharacters = [..."!#$%&'*+-.^_`|~"]

/** Spellings of a field's name that some server treats as the same. */
export function spellingsOf(name: string): string[] {
  const words = name.split('-')
  const mixtures = mix(words.length - 1).map((separators) =>
    words.reduce((left, word, at) => `${left}${separators[at - 1]}${word}`),
  )
  const joined = oddCharacters.map((char) => words.join(char))
  const inner = oddCharacters.map(
    (char) => `${words[0]}-${words[1]}${char}${words.slice(2).join('-')}`,
  )
  const first = oddCharacters.map((char) => `${words[0]}${char}${words.slice(1).join('-')}`)
  const around = oddCharacters.flatMap((char) => [`${name}${char}`, `${char}${name}`])
  const doubled = words.join('--')
  const all = [...mixtures, ...joined, ...inner, ...first, ...around, doubled]
  const cases = [...all, name.toLowerCase(), name.toUpperCase(), swapCase(name)]
  return [...new Set([...cases, ...mixtures.map((text) => text.toUpperCase())])]
}

/** Every way to separate words by `-`, `_` and `.`. */
function mix(count: number): string[][] {
  if (count === 0) return [[]]
  return mix(count - 1).flatMap((rest) => ['-', '_', '.'].map((char) => [char, ...rest]))
}

function swapCase(text: string): string {
  return [...text].map((char, at) => (at % 2 ? char.toUpperCase() : char.toLowerCase())).join('')
}

/** Fields in which a proxy tells an application the origin and the target of a request. */
export const forwardingNames = [
  ...['X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'X-Forwarded-Port'],
  ...['X-Forwarded-Prefix', 'X-Forwarded-Server', 'X-Forwarded-Uri', 'X-Forwarded-Method'],
  ...['X-Forwarded-User', 'X-Forwarded-Email', 'X-Forwarded-Groups', 'X-Forwarded'],
  ...['Forwarded', 'Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'Client-IP', 'True-Client-IP'],
  ...['CF-Connecting-IP', 'CF-Connecting-IPv6', 'Fastly-Client-IP', 'Fly-Client-IP'],
  ...['X-Cluster-Client-IP', 'X-Original-Forwarded-For', 'X-Originating-IP', 'X-Remote-IP'],
  ...['X-Remote-Addr', 'X-Azure-ClientIP', 'X-Envoy-External-Address', 'X-Original-Host'],
  ...['X-Original-URL', 'X-Rewrite-URL', 'X-Original-URI', 'X-Original-Method'],
  ...['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'],
] as const

/** Fields from which applications read the user that a proxy in front has identified. */
export const trustedNames = [
  ...['Remote-User', 'X-Remote-User', 'X-Auth-Request-User', 'X-Auth-Request-Email'],
  ...['X-Webauth-User', 'X-Authenticated-User', 'X-Authentik-Username', 'Tailscale-User-Login'],
  ...['Cf-Access-Authenticated-User-Email', 'X-Goog-Authenticated-User-Email'],
] as const
