/**
 * The gatekeeper as few files. Of its start three quarters went into loading some 770 modules one
 * by one, and of its memory a quarter (docs/decisions/0013-run-from-a-bundle.md). What is made is
 * readable JavaScript, with the names and the order of the source.
 */
import { copyFile, glob, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Plugin, rolldown } from 'rolldown'

/** Below `gatekeeper/src`: the process, and the thread that it starts by a file's name. */
const entries = { main: 'main.ts', 'journal-worker': 'usage/journal/sqlite/journal-worker.ts' }

/**
 * Makes the bundle of the clone at `root` in the folder `folder`: `main.js` and what belongs to it. Rejects
 * where anything of it is doubtful, such as a module that was not found. `plugins` look on, in tests.
 */
export async function writeBundle(
  root: string,
  folder: string,
  plugins: readonly Plugin[] = [],
): Promise<void> {
  const source = join(root, 'gatekeeper', 'src')
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    plugins: [...plugins],
    // What looks as if it had no effect may be there for what it throws: nothing is left out.
    treeshake: false,
    input: Object.fromEntries(
      Object.entries(entries).map(([name, at]) => [name, join(source, at)]),
    ),
    onLog: (_, { code, message }) => {
      // In depd, of koa, which asks for the number of a function's parameters so.
      if (code !== 'EVAL') throw new Error(message)
    },
  })
  try {
    const names = { entryFileNames: '[name].js', chunkFileNames: '[name].js' }
    const { output } = await bundle.generate({
      format: 'esm',
      minify: false,
      comments: { jsdoc: false },
      ...names,
    })
    for (const file of output) {
      if (file.type !== 'chunk') throw new Error(`${file.fileName} is no code`)
      await writeFile(join(folder, file.fileName), escapeLetters(file.code))
    }
  } finally {
    await bundle.close()
  }
  // What a module reads from beside itself is beside the bundle as well.
  for await (const path of glob('**/*.csv', { cwd: source })) {
    await copyFile(join(source, path), join(folder, basename(path)))
  }
}

/**
 * V8 keeps a text with a byte a letter only where all its letters fit: for a few quotation marks in
 * messages it would keep all of it twice as large. Only in a raw text an escape is another text.
 */
function escapeLetters(code: string): string {
  if (/\braw`[^`]*[^\0-\x7f]/.test(code)) throw new Error('a raw text has a letter beyond ASCII')
  return code.replace(/[^\0-\x7f]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
