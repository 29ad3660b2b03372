import { createHash } from 'node:crypto'
import type { BuiltFile, Bundle } from './bundle-pages.ts'

/**
 * Returns the one HTML page. It has no inline script and no inline style: the policy of the
 * console's origin allows neither. What it shows before the code runs is the frame alone.
 */
export function renderIndex({ theme, styles, icon, entry, imported }: Bundle): string {
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer">',
    '<title>Gatekeeper</title>',
    `<link rel="icon" type="image/svg+xml" href="/${icon.name}">`,
    `<script src="/${theme.name}" integrity="${integrityOf(theme)}"></script>`,
    `<link rel="stylesheet" href="/${styles.name}" integrity="${integrityOf(styles)}">`,
    ...imported.map(
      (file) => `<link rel="modulepreload" href="/${file.name}" integrity="${integrityOf(file)}">`,
    ),
    `<script type="module" src="/${entry.name}" integrity="${integrityOf(entry)}"></script>`,
    '</head><body><div id="console"><div class="starting">Gatekeeper</div></div>',
    '<noscript><p class="no-script">The console needs JavaScript. The command line does ',
    'everything that it does: <code>npm run keys -- --help</code></p></noscript>',
    '</body></html>\n',
  ].join('')
}

function integrityOf({ content }: BuiltFile): string {
  return `sha384-${createHash('sha384').update(content).digest('base64')}`
}
