/**
 * Serves the console's pages. They are the same for everybody and read no session, so a link in a
 * mail may lead here; what a person may see comes from the admin API alone.
 */
import type Koa from 'koa'
import { ApiError } from '../api/api-error.ts'
import type { PageFile, PageFiles } from './build-files.ts'

/** Nothing but our own files, no inline code, and no text that becomes markup. */
const policy = [
  "default-src 'none'",
  ...['script', 'style', 'img', 'font', 'connect'].map((kind) => `${kind}-src 'self'`),
  ...["form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ')

const pageFields = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy':
    'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), microphone=(), geolocation=()',
}

/** Returns the middleware that answers every path outside of the API. */
export function servePages(
  files: PageFiles | null,
  wellKnown: Readonly<Record<string, string>>,
): Koa.Middleware {
  return async (context) => {
    const { method, path } = context
    if (method !== 'GET' && method !== 'HEAD') {
      const allow = ['GET', 'HEAD']
      throw new ApiError('method_not_allowed', 'Pages are read with GET.', { allow })
    }
    context.set(pageFields)
    const told = Object.hasOwn(wellKnown, path) ? wellKnown[path] : undefined
    if (told !== undefined) return answerWellKnown(context, told)
    if (files === null) return sendText(context, 503, notBuilt)
    const asset = files.get(path.slice(1))
    if (asset !== undefined && path !== '/index.html') {
      // A name has the digest of the content in it, so the content never changes.
      context.set('cache-control', 'public, max-age=31536000, immutable')
      return sendFile(context, asset)
    }
    const index = files.get('index.html')
    // A path with an ending is a file that is not there, not a page of the console.
    if (index === undefined || /\.[^/]*$/.test(path)) throw notThere()
    sendFile(context, index)
  }
}

/** An address leads on to a page; anything else is the text itself. */
function answerWellKnown(context: Koa.Context, told: string): void {
  if (!told.startsWith('/')) return sendText(context, 200, told)
  context.redirect(told)
}

function sendFile(context: Koa.Context, file: PageFile): void {
  // The smallest one that is accepted: browsers name gzip first, which decides nothing.
  const coding = (['br', 'gzip'] as const).find((name) => context.acceptsEncodings(name) === name)
  context.vary('accept-encoding')
  context.set('content-type', file.type)
  if (coding !== undefined) context.set('content-encoding', coding)
  context.status = 200
  context.body = coding === undefined ? file.plain : file[coding]
}

function sendText(context: Koa.Context, status: number, text: string): void {
  context.status = status
  context.set('content-type', 'text/plain; charset=utf-8')
  context.body = text
}

const notBuilt = 'The console is not built: npm run build\nThe command line works without it.\n'

const notThere = () => new ApiError('not_found', 'There is nothing here.')
