import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ChatModels } from '../../admission/chat-head.ts'
import { type Problem, ProblemsError } from '../../lib/problem.ts'
import type { Service } from '../../model/service.ts'
import { type WidgetRules, widgetName } from '../../model/widget.ts'
import { createDocumentFetcher } from '../../upstreams/fetch-document.ts'
import { createModelList } from '../../upstreams/model-list.ts'
import { createAnswerReaders } from '../../usage/answer-readers.ts'
import type { AppDeps } from '../app-deps.ts'
import { packageFolder } from '../own-package.ts'
import type { Part } from '../part.ts'

export type WidgetPart = Part & {
  /** Null if there is no widget. */
  readonly widget: ChatModels | null
  /** Returns a file that pages load; null if it was not built. */
  readonly readFile: (name: string) => string | null
}

/** Where `sdk/` puts the files that we serve. */
const servedFolder = resolve(packageFolder, '../sdk/dist/served')

/** Opens what the widget needs. Rejects with a ProblemsError if nothing would bound what it costs. */
export async function openWidget({ services, clock, log }: AppDeps): Promise<WidgetPart> {
  const service = services.find(({ widget }) => widget !== undefined)
  const { widget: rules, upstream = null } = service ?? {}
  if (service === undefined || rules === undefined || upstream === null) {
    return { name: widgetName, widget: null, readFile: () => null, close: () => {} }
  }
  const problems = findUnbounded(service, rules)
  if (problems.length > 0) throw new ProblemsError(problems)
  const documents = createDocumentFetcher()
  const listModels = createModelList({ upstream, clock, fetchDocument: documents.fetch })
  const read = createFileReader()
  if (read('widget.js') === null) {
    const remedy = 'Run npm run build -w sdk, or npm start.'
    log.warn({ folder: servedFolder, remedy }, 'the files of the chat widget are not built')
  }
  return { name: widgetName, widget: { listModels }, readFile: read, close: documents.close }
}

/** Without a price money bounds nothing, and then tokens must be bounded. */
function findUnbounded(service: Service, { forAll, models }: WidgetRules): Problem[] {
  const bounds = (unit: string) => forAll.some((limit) => limit.unit === unit)
  if (!bounds('micro-usd')) return []
  const { costOf } = createAnswerReaders([service])
  const million = 1_000_000
  const isUnpriced = (model: string, price: number | null) =>
    costOf({ service, model, inputTokens: million, outputTokens: million }) === price
  const unknown = models.find((model) => isUnpriced(model, null))
  if (unknown !== undefined) {
    const what = `the price of ${unknown} is not known, so a bound of money cannot be held`
    const remedy = 'Write its price under prices of the provider, or budget: {usdPerMonth: off}.'
    return [{ source: widgetName, what, remedy }]
  }
  const free = models.find((model) => isUnpriced(model, 0))
  const isFree = free !== undefined || models.length === 0
  if (!isFree || bounds('tokens')) return []
  const what = `${free ?? 'a model of the upstream'} has no price, so money bounds nothing`
  return [{ source: widgetName, what, remedy: 'Set budget.tokensPerDay of the widget.' }]
}

/** Reads each file once: it changes only with a new version. */
function createFileReader(): (name: string) => string | null {
  const texts = new Map<string, string>()
  return (name) => {
    const known = texts.get(name)
    if (known !== undefined) return known
    try {
      const text = readFileSync(join(servedFolder, name), 'utf8')
      texts.set(name, text)
      return text
    } catch {
      return null
    }
  }
}
