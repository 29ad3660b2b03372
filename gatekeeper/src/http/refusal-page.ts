/**
 * A refusal for a person whose browser opened a page of a service: the reason and what to do, in
 * plain HTML. It runs no script and loads nothing; its one style is named by digest in its policy.
 */
import type { Answer } from './error-response.ts'

const { createHash } = process.getBuiltinModule('node:crypto')

/** The page's style, in dark and light. The page in caddy/Caddyfile has the same. */
export const pageStyle =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:34rem;margin:15vh auto;padding:0 1.5rem}h1{font-size:1.4rem}footer{opacity:.7;font-size:.85rem}'

const digest = createHash('sha256').update(pageStyle).digest('base64')

/** The policy of such a page: its own style and nothing else. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`

type Words = { readonly title: string; readonly advice: string }

const tryAgain = '<a href="">Try again</a>'
const elsewhere: Words = {
  title: 'The service is not available',
  advice: `${tryAgain} in a moment. If it stays like this, tell whoever runs this gateway.`,
}
const words: Readonly<Record<number, Words>> = {
  400: {
    title: 'The request cannot be accepted',
    advice: 'Check the address. If you followed a link, tell whoever runs this gateway.',
  },
  401: {
    title: 'An API key is needed',
    advice: `${tryAgain}, and enter your API key as the password. The user name does not matter. Where you have no key, or yours is not accepted any more, ask whoever runs this gateway for a new one.`,
  },
  403: {
    title: 'This is not allowed',
    advice: 'Ask whoever runs this gateway to allow it for your key.',
  },
  404: { title: 'There is no such page', advice: 'Check the address.' },
  429: { title: 'Too many requests', advice: `Wait a while, and then ${tryAgain.toLowerCase()}.` },
}

/** Whether the client shows HTML to a person: a page is opened, and HTML is what it asks for. */
export function takesPage(accept: string | undefined): boolean {
  return /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(accept ?? '')
}

/** Turns a refusal into a page that says `text`; status and all other fields stay. */
export function pageOf(answer: Answer, text: string): Answer {
  const { title, advice } = words[answer.status] ?? elsewhere
  const { 'x-request-id': requestId = '', 'retry-after': seconds } = answer.fields
  const wait = seconds === undefined ? '' : ` Wait ${escapeHtml(seconds)} seconds.`
  const body = `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${pageStyle}</style></head><body><main><h1>${title}</h1><p>${escapeHtml(text)}${wait}</p><p>${advice}</p></main><footer>Request ${escapeHtml(requestId)} · status ${answer.status}</footer></body></html>\n`
  const type = { 'content-type': 'text/html; charset=utf-8' }
  return {
    ...answer,
    fields: { ...answer.fields, ...type, 'content-security-policy': pagePolicy },
    body,
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
