import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { ChatModels } from '../../admission/chat-head.ts'
import type { WidgetFiles } from '../../http/routes/widget.ts'
import { widgetFiles } from '../../kinds/widget/widget.ts'
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
  /** Returns the files that pages load; null if they are not built. */
  readonly files: () => WidgetFiles | null
  /** Sends a form to an address of the configuration; rejects if there is no answer with 200. */
  readonly postForm: (url: string, form: URLSearchParams) => Promise<string>
}

const absent: WidgetPart = {
  ...{ name: widgetName, widget: null, files: () => null, close: () => {} },
  postForm: () => Promise.reject(new Error('there is no widget')),
}

/** Where `sdk/` puts the files that we serve. */
const servedFolder = resolve(packageFolder, '../sdk/dist/served')

/** Opens what the widget needs. Rejects with a ProblemsError if nothing would bound what it costs. */
export async function openWidget({ services, clock, log }: AppDeps): Promise<WidgetPart> {
  const service = services.find(({ widget }) => widget !== undefined)
  const { widget: rules, upstream = null } = service ?? {}
  if (service === undefined || rules === undefined || upstream === null) {
    return absent
  }
  const problems = findUnbounded(service, rules)
  if (problems.length > 0) throw new ProblemsError(problems)
  const documents = createDocumentFetcher()
  const listModels = createModelList({ upstream, clock, fetchDocument: documents.fetch })
  const files = createFileReader()
  if (files() === null) {
    const remedy = 'Run npm run build.'
    log.warn({ folder: servedFolder, remedy }, 'the files of the chat widget are not built')
  }
  return {
    ...{ name: widgetName, widget: { listModels }, files },
    postForm: (url, form) => documents.fetch(url, { form }),
    close: documents.close,
  }
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

/** What the build says of its files. */
type Manifest = { readonly version: string }

/** Reads the files when their build is another one than before: it may come after the start. */
function createFileReader(): () => WidgetFiles | null {
  let known: { readonly builtAt: number; readonly files: WidgetFiles } | null = null
  return () => {
    try {
      const path = join(servedFolder, 'manifest.json')
      const builtAt = statSync(path).mtimeMs
      if (known?.builtAt === builtAt) return known.files
      const { version } = JSON.parse(readFileSync(path, 'utf8')) as Manifest
      const texts = widgetFiles.map((name) => [
        name,
        readFileSync(join(servedFolder, name), 'utf8'),
      ])
      known = { builtAt, files: { version, texts: new Map(texts as [string, string][]) } }
      return known.files
    } catch {
      return null
    }
  }
}
