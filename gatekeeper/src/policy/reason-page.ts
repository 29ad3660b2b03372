/**
 * Renders a refusal for a person whose browser opened a page of a service: the reason and what to
 * do, in plain HTML. It runs no script and loads nothing; its only style is named by digest in its
 * policy.
 */

/** The page's style, in dark and light. */
const style =
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:34rem;margin:15vh auto;padding:0 1.5rem}h1{font-size:1.4rem}footer{opacity:.7;font-size:.85rem}'

/** The Content-Security-Policy of such a page: its own style and nothing else. */
export const pagePolicy =
  "default-src 'none'; style-src 'sha256-YG4l0/BVomsmPjnicYqK9YePaJrLPl7zNHMjCzqE6hA='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

type Words = { readonly title: string; readonly advice: string }

const tryAgain = '<a href="">Try again</a>'
const unavailable: Words = {
  title: 'The service is not available',
  advice: `${tryAgain} in a moment. If the problem continues, tell the operator of this gateway.`,
}
const words: Readonly<Record<number, Words>> = {
  400: {
    title: 'The request cannot be accepted',
    advice: 'Check the address. If you followed a link, tell the operator of this gateway.',
  },
  401: {
    title: 'An API key is required',
    advice: `${tryAgain}, and enter your API key as the password. The user name does not matter. If you have no key, or your key is no longer accepted, ask the operator of this gateway for a new one.`,
  },
  403: {
    title: 'This is not allowed',
    advice: 'Ask the operator of this gateway to allow it for your key.',
  },
  404: { title: 'This page does not exist', advice: 'Check the address.' },
  429: { title: 'Too many requests', advice: `Wait a while, then ${tryAgain.toLowerCase()}.` },
}

/**
 * The content of the page: the reason, the request's id, and the seconds to wait if there are any.
 */
export type PageFacts = {
  readonly status: number
  readonly text: string
  readonly requestId: string
  readonly waitSeconds: string | null
}

/** Returns the page, on one line. */
export function reasonPage({ status, text, requestId, waitSeconds }: PageFacts): string {
  const { title, advice } = words[status] ?? unavailable
  const wait = waitSeconds === null ? '' : ` Wait ${escapeHtml(waitSeconds)} seconds.`
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${style}</style>`
  const main = `<h1>${title}</h1><p>${escapeHtml(text)}${wait}</p><p>${advice}</p>`
  const footer = `Request ${escapeHtml(requestId)} · status ${status}`
  return `<!doctype html><html lang="en"><head>${head}</head><body><main>${main}</main><footer>${footer}</footer></body></html>`
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
}
