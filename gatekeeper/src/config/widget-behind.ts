/** Which service answers behind the widget. */
import { findChatOf } from '../kinds/widget/widget.ts'
import type { Problem } from '../lib/problem.ts'
import { providerOf, type Service } from '../model/service.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import type { WidgetEntry } from './widget-schema.ts'

/** What the readers of the widget's configuration need. */
export type WidgetDeps = {
  readonly settings: Settings
  readonly reportAt: ReportAt
  readonly readSecret: (path: string) => string
  readonly readText: (path: string) => string
  /** All services but the widget. */
  readonly services: readonly Service[]
  /** Names of the providers whose keys the vault has. */
  readonly inVault: readonly string[]
}

type Found = { readonly service: Service } | { readonly problem: Problem }

/** Returns the service that answers: the named one, or the first that can. */
export function findBehind({ service: named }: WidgetEntry, deps: WidgetDeps): Found {
  const { services, reportAt } = deps
  const usable = services.filter(
    ({ kind, upstream, chat }) => chat === undefined && upstream !== null && findChatOf(kind),
  )
  if (named === undefined) {
    const service = chooseService(usable, deps)
    if (service !== undefined) return { service }
    const what = 'the widget has no model service behind it'
    const remedy =
      'Set the key of a provider such as OPENAI_API_KEY, or write widget: {service: ollama}.'
    return { problem: reportAt(['widget'], what, remedy) }
  }
  const service = usable.find(({ name }) => name === named)
  if (service !== undefined) return { service }
  const what = `widget.service names ${named}, which is not a service with a chat and an address`
  const remedy = `Name one of ${usable.map(({ name }) => name).join(', ') || 'your services'}.`
  return { problem: reportAt(['widget', 'service'], what, remedy) }
}

/** Providers come first if they have a key, in their usual order. */
function chooseService(usable: readonly Service[], { settings, inVault }: WidgetDeps) {
  const hasKey = ({ name, upstream }: Service) => upstream?.key != null || inVault.includes(name)
  const provider = usable.find((one) => providerOf(one) !== null && hasKey(one))
  const named = (name: string) => usable.find((one) => one.name === name)
  const isOllamaNamed = settings.ollamaUrl !== null
  const own = isOllamaNamed ? ['ollama', 'litellm'] : ['litellm', 'ollama']
  return provider ?? named(own[0] ?? '') ?? named(own[1] ?? '')
}
