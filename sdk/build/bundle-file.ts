import { rolldown } from 'rolldown'

/** Returns a module and all that it imports as one minified module. */
export async function bundleFile(input: string): Promise<string> {
  const bundle = await rolldown({
    input,
    platform: 'browser',
    tsconfig: false,
    plugins: [{ name: 'styles', transform: minifyStyles }],
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    sourcemap: false,
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
