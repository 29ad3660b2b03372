import { isIP } from 'node:net'
import { isInternalName, noName } from '../front-environment.ts'
import type { Settings } from '../read-settings.ts'
import { block, quote } from './quote.ts'

export type ConsoleTold = Pick<Settings, 'consoleListen'> & {
  readonly console: Pick<Settings['console'], 'site' | 'port'>
}

/**
 * Returns the console's site and one for all other names on its port; nothing if there is no
 * console. No service has a route there.
 */
export function consoleBlocks({ console: { site, port }, consoleListen }: ConsoleTold): string[] {
  if (consoleListen === null) return []
  const isInternal = isInternalName(site)
  const host = isIP(site) === 6 ? `[${site}]` : site
  return [
    ...block(quote(`https://${host}:${port}`), [
      ...(isInternal ? ['tls internal'] : []),
      `import console_site ${isInternal ? noName : quote(site)}`,
    ]),
    ...block(quote(`https://:${port}`), ['import console_stranger']),
  ]
}
