import { createHash } from 'node:crypto'
import { globSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OutputChunk, rolldown } from 'rolldown'
import { createImportGraph } from './import-graph.ts'
import { minifyStyles } from './minify-styles.ts'

/** A file of the build, by its path below the folder. */
export type BuiltFile = { readonly name: string; readonly content: string }

export type Bundle = {
  readonly files: readonly BuiltFile[]
  /** Sets the theme before anything is painted: a script of its own, run at once. */
  readonly theme: BuiltFile
  readonly styles: BuiltFile
  readonly icon: BuiltFile
  readonly entry: BuiltFile
  /** Chunks that the entry imports: fetched at the same time as the entry. */
  readonly imported: readonly BuiltFile[]
  /** Everything that the overview needs, without its chart. */
  readonly firstView: readonly string[]
}

/** Bundles code and styles of the pages. */
export async function bundlePages(source: string): Promise<Bundle> {
  const chunks = await bundleCode(source)
  const entry = chunkOf(chunks, /\/main\.tsx$/)
  const theme = fileOf(chunkOf(chunks, /\/theme\/first\.ts$/))
  const styles = await bundleStyles(source)
  const icon = named('icon', 'svg', await readFile(join(source, 'icon.svg'), 'utf8'))
  const overview = chunkOf(chunks, /\/overview-page\.tsx$/)
  const first = [...withImports(entry, chunks), ...withImports(overview, chunks)]
  return {
    files: [...chunks.map(fileOf), styles, icon],
    theme,
    styles,
    icon,
    entry: fileOf(entry),
    imported: withImports(entry, chunks).slice(1).map(fileOf),
    firstView: [...new Set([theme.name, styles.name, ...first.map(({ fileName }) => fileName)])],
  }
}

async function bundleCode(source: string): Promise<readonly OutputChunk[]> {
  const graph = createImportGraph()
  const bundle = await rolldown({
    input: { main: join(source, 'main.tsx'), theme: join(source, 'theme/first.ts') },
    platform: 'browser',
    tsconfig: false,
    transform: { jsx: { runtime: 'automatic', importSource: 'preact', development: false } },
    treeshake: true,
    plugins: [graph.plugin],
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({
    format: 'esm',
    minify: true,
    sourcemap: false,
    entryFileNames: 'assets/[name]-[hash].js',
    chunkFileNames: 'assets/[name]-[hash].js',
    codeSplitting: { groups: [{ name: 'frame', test: graph.isOfFirstView }] },
  })
  await bundle.close()
  return output.filter((part) => part.type === 'chunk')
}

/** One sheet for all pages: `styles/` in the order of names, then the pages' own. */
async function bundleStyles(source: string): Promise<BuiltFile> {
  const names = ['styles/*.css', 'pages/**/*.css'].flatMap((pattern) =>
    globSync(pattern, { cwd: source }).sort(),
  )
  const texts = names.map((name) => readFile(join(source, name), 'utf8'))
  return named('styles', 'css', minifyStyles((await Promise.all(texts)).join('\n')))
}

function named(name: string, ending: string, content: string): BuiltFile {
  const hash = createHash('sha256').update(content).digest('base64url').slice(0, 8)
  return { name: `assets/${name}-${hash}.${ending}`, content }
}

function chunkOf(chunks: readonly OutputChunk[], module: RegExp): OutputChunk {
  const found = chunks.find(({ facadeModuleId }) => module.test(facadeModuleId ?? ''))
  if (found === undefined) throw new Error(`the bundle has no chunk for ${module.source}`)
  return found
}

function fileOf({ fileName, code }: OutputChunk): BuiltFile {
  return { name: fileName, content: code }
}

/** The chunk, then everything that it imports at once. */
function withImports(chunk: OutputChunk, all: readonly OutputChunk[]): readonly OutputChunk[] {
  const found = new Set([chunk])
  for (const { imports } of found) {
    for (const other of all) if (imports.includes(other.fileName)) found.add(other)
  }
  return [...found]
}
