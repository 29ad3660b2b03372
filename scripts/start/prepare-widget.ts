import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import type { RunCommand } from '../caddy/run-command.ts'

type Served = {
  readonly version: string
  readonly files: Readonly<Record<string, { readonly integrity: string }>>
}

export type PrepareDeps = {
  readonly services: readonly Service[]
  /** The address of the gateway: `https://localhost:8443`. */
  readonly gateway: string
  readonly run: RunCommand
}

const limitSeconds = 120

/**
 * Returns the lines to paste into a page with the chat widget, and builds its files unless these
 * sources were built; nothing if there is no widget.
 */
export async function prepareWidget(root: string, deps: PrepareDeps): Promise<readonly string[]> {
  const { services, gateway, run } = deps
  const service = services.find(({ widget }) => widget !== undefined)
  if (service === undefined) return []
  // Quick where these sources were built before; after an update the files are others.
  await run(process.execPath, [join(root, 'scripts/build.ts'), '--served'], limitSeconds)
  const served = await readServed(join(root, 'sdk/dist/served/manifest.json'))
  if (served === null) return ['The files of the chat widget are not built: npm run build', '']
  const { version, files } = served
  const address = `${gateway}/widget/${version}/widget.js`
  const integrity = files['widget.js']?.integrity ?? ''
  return [
    `The chat, for a page of ${service.origins.join(' or ')}:`,
    '',
    `  <script type="module" src="${address}" integrity="${integrity}" crossorigin></script>`,
    '  <gatekeeper-chat></gatekeeper-chat>',
    '',
  ]
}

async function readServed(path: string): Promise<Served | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Served
  } catch {
    return null
  }
}
