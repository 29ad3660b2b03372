import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import type { WidgetForm } from '../../model/widget.ts'
import { widgetName } from '../../model/widget.ts'
import { answeredHere, bytes, events, type RowOptions, rowsIn } from '../row.ts'
import { anthropicForm } from './forms/anthropic.ts'
import type { ChatForm } from './forms/chat-form.ts'
import { openaiForm } from './forms/openai.ts'

const row = rowsIn('widget')

/**
 * A token is for whoever asks from a listed page, so no credential of a caller counts here, and the
 * endpoint judges the origin itself.
 */
const forPages: RowOptions = { ...answeredHere, readsCredentials: true }
const file: RowOptions = { ...forPages, isFile: true }

/** The paths of the endpoints: our own, and after it that of the older system. */
export const widgetPaths = {
  token: ['/widget/api/token', '/api/token'],
  tokens: ['/widget/api/tokens', '/api/tokens'],
  exchange: ['/widget/api/auth/exchange', '/api/auth/exchange'],
  challenge: ['/widget/api/challenge'],
  chat: ['/widget/api/chat', '/api/chat'],
} as const

/** The files that pages load, with a version in their path and without one. */
export const widgetFiles = ['client.js', 'widget.js'] as const

const ownRows: readonly Endpoint[] = [
  ...widgetPaths.token.map((path) => row('GET', path, 'open', forPages)),
  ...widgetPaths.tokens.map((path) => row('POST', path, 'open', bytes, forPages)),
  ...widgetPaths.exchange.map((path) => row('POST', path, 'open', bytes, forPages)),
  ...widgetPaths.challenge.map((path) => row('GET', path, 'open', forPages)),
  ...widgetFiles.flatMap((name) => [
    row('GET|HEAD', `/widget/${name}`, 'open', file),
    row('GET|HEAD', `/widget/{version}/${name}`, 'open', file),
  ]),
].flat()

const chatRows = (...options: RowOptions[]) =>
  widgetPaths.chat.flatMap((path) =>
    row(
      'POST',
      path,
      'use',
      { body: 'widget', model: { in: 'body', members: ['model'] } },
      events,
      ...options,
    ),
  )

/** The chat widget, for docs/endpoints.md: behind it is the service that `widget.service` names. */
export const widget: Kind = {
  name: widgetName,
  title: 'The chat widget ([guide](guides/widget.md))',
  rows: [...ownRows, ...chatRows()],
  dialectAt: () => 'widget',
  keepsTarget: true,
}

export const chatForms: Readonly<Record<WidgetForm, ChatForm>> = {
  openai: openaiForm,
  anthropic: anthropicForm,
}

/** The endpoint of a kind that the widget can use, and its form; null if the kind has none. */
export function findChatOf({ rows }: Kind): { form: WidgetForm; row: Endpoint } | null {
  const find = (...patterns: string[]) =>
    rows?.find(({ method, pattern }) => method === 'POST' && patterns.includes(pattern))
  const openai = find('/v1/chat/completions', '/chat/completions', '/openai/chat/completions')
  if (openai !== undefined) return { form: 'openai', row: openai }
  const anthropic = find('/v1/messages', '/messages')
  return anthropic === undefined ? null : { form: 'anthropic', row: anthropic }
}

/** Returns the kind of a widget in front of a service of another kind, whose models it has. */
export function widgetOver(kind: Kind, output: string): Kind {
  const found = findChatOf(kind)
  if (found === null) throw new Error(`the kind ${kind.name} has no chat`)
  const { modelNames, sellsModels, guardedPath, keepsConnections } = kind
  const { usage, pattern } = found.row
  return {
    ...widget,
    rows: [...ownRows, ...chatRows({ usage, output: [output], upstreamPath: pattern })],
    ...{ modelNames, sellsModels, guardedPath },
    ...(keepsConnections && { keepsConnections }),
    byNameOnly: true,
  }
}
