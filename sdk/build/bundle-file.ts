import { rolldown } from 'rolldown'

/**
 * Members of objects that pass only between the modules of the panel: their names are shortened. No
 * module uses one of these names for a member of the DOM, of the wire or of the package's exports.
 */
const internal =
  /^(articles|composer|finish|follow|onShow|readOptions|renewAt|say|setRunning|showFailure|view)$/

/** Returns a module and all that it imports as one minified module. */
export async function bundleFile(input: string): Promise<string> {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    plugins: [{ name: 'styles', transform: minifyStyles, resolveId: leaveOut }],
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    minify: { mangleProps: { include: internal } },
    sourcemap: false,
    codeSplitting: false,
    comments: false,
  })
  await bundle.close()
  return output[0].code
}

/** Removes blanks and line ends from the style sheet in `styles.ts`, which has no strings in it. */
function minifyStyles(code: string, id: string): string | null {
  if (!id.endsWith('/styles.ts')) return null
  return code.replace(/`[^`]*`\s*$/, (sheet) =>
    sheet
      .replace(/\s+/g, ' ')
      .replace(/ ?([{};,>~]) ?/g, '$1')
      .replace(/(?<=[{;][a-z-]+): /g, ':')
      .replace(/;(?=\})| (?=!)/g, ''),
  )
}

/**
 * The panel takes the solver of challenges from `client.js` beside it: few gateways ask for one, and
 * every visitor would load it.
 */
function leaveOut(specifier: string, _importer: string | undefined, options: { kind?: string }) {
  if (options.kind !== 'dynamic-import' || !specifier.endsWith('/solve-challenge.ts')) return null
  return { id: './client.js', external: true }
}
