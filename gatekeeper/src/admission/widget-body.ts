/**
 * Builds the body that is forwarded for the chat widget; the operator's prompt comes first. Only the
 * texts of the page's messages are copied, so that no member of its body can choose another model, a
 * tool or another prompt.
 */
import { kindOf } from '../kinds/kinds.ts'
import { normalizeModelName } from '../kinds/model-name.ts'
import type { WidgetQuestion } from '../kinds/widget/forms/chat-form.ts'
import { chatForms } from '../kinds/widget/widget.ts'
import { membersOf } from '../lib/json/json-edit.ts'
import { noBody, type RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { WidgetRules } from '../model/widget.ts'
import { readAsks } from './body-asks.ts'
import { codingOf } from './body-decoding.ts'
import type { BodySource, ReadBody } from './body-source.ts'
import { reasonOfUnread } from './body-source.ts'
import type { ChatModels } from './chat-head.ts'
import type { ChatDefect } from './chat-messages.ts'
import { isJsonType } from './content-type.ts'
import { readPlainJson } from './plain-json.ts'
import type { RequestHead } from './request-head.ts'
import { type PageChat, readPageChat } from './widget-messages.ts'

/** Longer than any prompt that the usual bound allows; every character may be written as an escape. */
const bytesMax = 1024 * 1024

type Question = { head: RequestHead; facts: RequestFacts; principal: Principal }

export async function readWidgetChat(
  question: Question,
  source: BodySource,
  deps: ChatModels | null,
): Promise<ReadBody> {
  const { head, facts, principal } = question
  const rules = facts.service?.widget
  if (rules === undefined || deps === null) return refuse({ defect: 'check-failed' })
  if (codingOf(head) !== null) return refuse({ defect: 'body-encoding' })
  if (!isJsonType(head)) return refuse({ defect: 'body-type' })
  const bytes = await source.read(bytesMax, principal.id)
  if (typeof bytes === 'string') return refuse({ defect: reasonOfUnread(bytes) })
  const value = await readPlainJson(bytes)
  if ('defect' in value) return refuse(value)
  const chat = readPageChat(value.json, rules)
  if ('defect' in chat) return refuse(chat)
  const model = await chooseModel(chat, { facts, rules, deps })
  if (typeof model !== 'string') return refuse(model)
  return compose({ ...chat, model, isStream: wantsEvents(head) }, { question, rules, source })
}

const refuse = (found: ChatDefect): ReadBody => ({ facts: { ...noBody, ...found }, json: null })

const wantsEvents = ({ fields }: RequestHead) =>
  fields['accept']?.some((value) => /\btext\/event-stream\b/i.test(value)) === true

type Choosing = {
  readonly facts: RequestFacts
  readonly rules: WidgetRules
  readonly deps: ChatModels
}

/** Returns the model that a page chose among the widget's, or the usual one. */
async function chooseModel(
  { model: asked }: PageChat,
  { facts, rules, deps }: Choosing,
): Promise<string | ChatDefect> {
  if (asked !== null) {
    const normal = (name: string) => normalizeModelName(kindOf(facts), name)
    const found = rules.models.find((name) => normal(name) === normal(asked))
    return found ?? { defect: 'body-malformed', detail: notOffered }
  }
  if (rules.model !== null) return rules.model
  const [first] = (await deps.listModels()) ?? []
  return first ?? { defect: 'models-unavailable' }
}

const notOffered = { text: 'model: the widget does not offer this model.', param: 'model' }

type Composing = {
  readonly question: Question
  readonly rules: WidgetRules
  readonly source: BodySource
}

function compose(
  chat: PageChat & { readonly model: string; readonly isStream: boolean },
  { question, rules, source }: Composing,
): ReadBody {
  const { outputTokensMax: tokens, outputMember: member, temperature } = rules
  const asked: WidgetQuestion = {
    ...{ model: chat.model, messages: chat.messages, temperature, isStream: chat.isStream },
    system: [rules.prompt, chat.system ?? ''].filter((text) => text !== ''),
    output: tokens === null ? null : { member, tokens },
  }
  const bytes = Buffer.from(JSON.stringify(chatForms[rules.form].compose(asked)))
  if (!source.take(bytes.length)) return refuse({ defect: 'too-much-in-flight' })
  const json = { bytes, members: membersOf(bytes, 0) }
  const facts = readAsks({ ...json, imagesBytes: 0, imageBytes: 0 }, question)
  // No tokenizer makes more than one token of a byte, and the budget must hold the most it may cost.
  return { facts: { ...facts, inputTokensMax: bytes.length }, json }
}
