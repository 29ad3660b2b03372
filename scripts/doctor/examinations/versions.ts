import { addressOf } from '../../../gatekeeper/src/model/service.ts'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { caddyVersionMin, isCaddyNewEnough } from '../../caddy/caddy-version.ts'
import type { ComposeText } from '../compose-file.ts'
import type { Context } from '../context.ts'

/** Versions with known vulnerabilities, in compose files and in running programs. */
export const versions: Examination<Context> = {
  name: 'versions',
  examine: async (context) => [
    ...context.composeFiles.flatMap(({ path, services }) =>
      services.flatMap(({ images }) => images.flatMap((image) => judgeImage(path, image))),
    ),
    ...(await judgeRunning(context)),
  ],
}

/** Releases that carried foreign code. */
const compromised = new Set(['1.82.7', '1.82.8', '1.107.0'])

export function isHoledLitellm(version: string): boolean {
  return compromised.has(version) || (!isOlder(version, '1.81.16') && isOlder(version, '1.83.7'))
}

function isOlder(version: string, other: string): boolean {
  const [parts, others] = [version, other].map((text) => text.split('.').map(Number))
  const at = (parts ?? []).findIndex((part, index) => part !== others?.[index])
  return at !== -1 && (parts?.[at] ?? 0) < (others?.[at] ?? 0)
}

function judgeImage(source: string, { text, line }: ComposeText): Finding[] {
  const [, repository = '', tag = 'latest'] = /^([^@]*?)(?::([^:/@]+))?(?:@.*)?$/.exec(text) ?? []
  const isCaddy = /(^|\/)caddy$/.test(repository)
  if (!isCaddy && !/litellm/.test(repository)) return []
  const version = /\d+\.\d+\.\d+(?:-(?:rc|beta|alpha)[\w.]*)?/.exec(tag)?.[0]
  if (version === undefined) {
    if (text.includes('@sha256:')) return []
    const what = `the image ${text} is not pinned to a version, so what runs tomorrow is unknown`
    const remedy = `Name a version: ${isCaddy ? `caddy:${caddyVersionMin} or newer` : 'v1.83.7 or newer'}.`
    return [{ level: 'warning', source, line, what, remedy }]
  }
  const isHoled = isCaddy ? !isCaddyNewEnough(version) : isHoledLitellm(version.replace(/-.*/, ''))
  if (!isHoled) return []
  const what = `the image ${text} has known holes`
  return [{ level: 'error', source, line, what, remedy: isCaddy ? newerCaddy : newerLitellm }]
}

const newerCaddy = `Use Caddy ${caddyVersionMin} or newer.`
const newerLitellm =
  'Use LiteLLM 1.83.7 or newer, never 1.107.0; where one with foreign code ran, change its keys.'

/** LiteLLM shows its version to every caller of its readiness path. */
async function judgeRunning({ gateway, outside }: Context): Promise<Finding[]> {
  const upstream = gateway.services.find(({ name }) => name === 'litellm')?.upstream
  if (upstream == null) return []
  const origin = addressOf(upstream)
  const answer = await outside.get(`${origin}/health/readiness`)
  const version = /"litellm_version"\s*:\s*"(\d+\.\d+\.\d+)/.exec(answer?.text ?? '')?.[1]
  if (version === undefined || !isHoledLitellm(version)) return []
  const what = `is LiteLLM ${version}, which has known holes`
  return [{ level: 'error', source: origin, what, remedy: newerLitellm }]
}
