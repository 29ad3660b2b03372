/** The chat widget as a service in front of another one, from `widget:` and the environment. */
import { findChatOf, widgetOver, widgetPaths } from '../kinds/widget/widget.ts'
import { isLoopback } from '../lib/net/cidr.ts'
import { isUnder } from '../lib/net/path.ts'
import type { Problem } from '../lib/problem.ts'
import { providerOf, type Route, type Service } from '../model/service.ts'
import { type WidgetChallenge, type WidgetRules, widgetName } from '../model/widget.ts'
import type { GatewayFile } from './gateway-schema.ts'
import type { Settings } from './read-settings.ts'
import type { Amount } from './read-widget.ts'
import { findBehind, type WidgetDeps } from './widget-behind.ts'
import { type Bounds, limitsOfWidget, perWindow } from './widget-limits.ts'
import { type WidgetEntry, widgetSchema } from './widget-schema.ts'
import { challengeOf, promptOf } from './widget-texts.ts'

export type ResolvedWidget = {
  readonly services: readonly Service[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
}

const absent: ResolvedWidget = { services: [], problems: [], warnings: [] }

/** Returns the widget; no service where it is off. A widget that can never work is a problem. */
export function resolveWidget(file: GatewayFile, deps: WidgetDeps): ResolvedWidget {
  const { settings, services } = deps
  const isNamed = file.widget !== undefined || settings.widget.origins !== null
  if (!(settings.widget.isOn ?? isNamed)) return absent
  const entry = file.widget ?? widgetSchema.parse({})
  const found = findBehind(entry, deps)
  const problems = [...nameProblems(file, deps), ...originProblems(entry, deps)]
  if ('problem' in found) return { ...absent, problems: [...problems, found.problem] }
  const bounds = boundsOf(entry, settings)
  problems.push(...boundProblems(bounds, deps), ...modelProblems(entry, found.service, deps))
  const prompt = promptOf(entry, deps, problems)
  const challenge = challengeOf(entry, deps, problems)
  if (problems.length > 0) return { ...absent, problems }
  const rules = toRules(entry, found.service, { ...deps, bounds, prompt, challenge })
  const routes = routesOf(entry, services)
  return {
    services: [toService(rules, found.service, { entry, bounds, routes, settings })],
    problems: [],
    warnings: chatWarnings(entry, routes, deps),
  }
}

/** Keys and routes of a service of this name would be taken for the widget's. */
function nameProblems({ services }: GatewayFile, { reportAt }: WidgetDeps): Problem[] {
  if (services[widgetName] === undefined) return []
  const what = `the name ${widgetName} is reserved for the gatekeeper's own chat`
  return [reportAt(['services', widgetName], what, 'Choose another name.')]
}

const devOrigin = 'http://localhost:5173'

function originsOf({ origins }: WidgetEntry, { widget, bind }: Settings): readonly string[] {
  return widget.origins ?? origins ?? (isLoopback(bind) ? [devOrigin] : [])
}

function originProblems(entry: WidgetEntry, { settings, reportAt }: WidgetDeps): Problem[] {
  if (originsOf(entry, settings).length > 0) return []
  const what = 'widget names no page that may use it'
  const remedy = 'Write origins: [https://shop.example], or set ALLOWED_ORIGIN.'
  return [reportAt(['widget'], what, remedy)]
}

/** What the environment says comes before the file. */
function boundsOf({ caps, budget }: WidgetEntry, { widget }: Settings): Bounds {
  return {
    ...caps,
    requestsPerWindow: widget.requestsPerWindow ?? caps.requestsPerWindow,
    window: widget.windowMs ?? caps.window,
    ...budget,
    usdPerMonth: widget.usdPerMonth ?? budget.usdPerMonth,
  }
}

function boundProblems(bounds: Bounds, { reportAt }: WidgetDeps): Problem[] {
  const { usdPerMonth, tokensPerDay, outputTokens } = bounds
  if (usdPerMonth === 'off' && tokensPerDay === 'off') {
    const what = 'the widget has neither a bound of money nor one of tokens for all'
    return [reportAt(['widget', 'budget'], what, 'Set usdPerMonth or tokensPerDay.')]
  }
  if (outputTokens === 'off') {
    const what = 'an answer of any length could cost more than the budget has left'
    const remedy = 'Set caps.outputTokens to the longest answer in tokens.'
    return [reportAt(['widget', 'caps', 'outputTokens'], what, remedy)]
  }
  return []
}

function modelOf({ model }: WidgetEntry, behind: Service, { widget }: Settings): string | null {
  return widget.model ?? model ?? providerOf(behind)?.usualModel ?? null
}

/** A provider lists hundreds of models, so the first of them is not the one that is meant. */
function modelProblems(entry: WidgetEntry, behind: Service, deps: WidgetDeps): Problem[] {
  if (providerOf(behind) === null || modelOf(entry, behind, deps.settings) !== null) return []
  const what = `the widget over ${behind.name} needs the name of a model`
  return [deps.reportAt(['widget'], what, 'Write model: NAME, or set WIDGET_MODEL.')]
}

const orNull = (amount: Amount) => (amount === 'off' ? null : amount)

function toRules(
  entry: WidgetEntry,
  behind: Service,
  deps: WidgetDeps & {
    readonly bounds: Bounds
    readonly prompt: string
    readonly challenge: WidgetChallenge | null
  },
): WidgetRules {
  const { bounds, prompt, challenge } = deps
  const model = modelOf(entry, behind, deps.settings)
  const provider = providerOf(behind)
  return {
    behind: behind.name,
    provider: provider && { ...provider, pricedAs: provider.pricedAs ?? behind.kind.name },
    form: findChatOf(behind.kind)?.form ?? 'openai',
    outputMember: outputMemberOf(behind),
    model,
    models: [...new Set([...(model === null ? [] : [model]), ...entry.models])],
    prompt,
    allowSystem: entry.allowSystem,
    temperature: entry.temperature ?? null,
    singleUse: entry.singleUse,
    aliases: entry.aliases,
    challenge,
    promptCharsMax: orNull(bounds.promptChars),
    outputTokensMax: orNull(bounds.outputTokens),
    streamSecondsMax: orNull(bounds.streamSeconds),
    ...limitsOfWidget(bounds),
  }
}

/** A server that only speaks like the provider would ignore a newer member, and bound nothing. */
function outputMemberOf({ kind, upstream }: Service): string {
  const { base = '', outputMember } = kind.provider ?? {}
  const isReal = upstream !== null && base.startsWith(`${upstream.origin}/`)
  return (isReal ? outputMember : undefined) ?? 'max_tokens'
}

const toRoute = (prefix: string): Route => ({
  ...{ prefix, strip: false, mode: 'relay', browser: 'none' },
})

/** The paths of the older system, where the operator wants them and no service has them. */
function routesOf({ aliases }: WidgetEntry, services: readonly Service[]): Route[] {
  const { token, tokens, exchange, chat } = widgetPaths
  const prefixes = services.flatMap(({ routes }) =>
    routes
      .filter(({ host, adapter }) => host === undefined && !adapter)
      .map(({ prefix }) => prefix),
  )
  const isFree = !prefixes.some((prefix) => isUnder(chat[1], prefix))
  const others = aliases ? [token[1], tokens[1], exchange[1], ...(isFree ? [chat[1]] : [])] : []
  return ['/widget', ...others].map(toRoute)
}

function chatWarnings(
  { aliases }: WidgetEntry,
  routes: Route[],
  { reportAt }: WidgetDeps,
): Problem[] {
  const [own, older] = widgetPaths.chat
  if (!aliases || routes.some(({ prefix }) => prefix === older)) return []
  const what = `a service has ${older}, so the chat of the widget stands at ${own} only`
  return [reportAt(['widget', 'aliases'], what, `Let pages call ${own}.`)]
}

function toService(
  rules: WidgetRules,
  behind: Service,
  own: {
    readonly entry: WidgetEntry
    readonly bounds: Bounds
    readonly routes: readonly Route[]
    readonly settings: Settings
  },
): Service {
  return {
    ...behind,
    name: widgetName,
    kind: widgetOver(behind.kind, rules.outputMember),
    aliases: [],
    // Its tokens are for whoever asks from a listed page.
    anonymous: true,
    tokenClass: 'widget',
    origins: originsOf(own.entry, own.settings),
    needsOrigin: true,
    routes: own.routes,
    perAddress: perWindow(own.bounds),
    // Its slots are counted at the service behind it.
    queue: null,
    widget: rules,
  }
}
