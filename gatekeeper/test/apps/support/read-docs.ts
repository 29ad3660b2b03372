/** docs/clients.md as its reader uses it: the content of files, and the commands. */
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { repositoryRoot } from '../../real/parts/part.ts'

/** The replacements of the page's own address, key, certificate and model. */
export type Given = {
  readonly url: string
  readonly caFile: string
  readonly key: string
  readonly model: string
}

/** A command line of the page, and what was exported above it. */
export type Typed = { readonly words: readonly string[]; readonly env: Record<string, string> }

const page = readFileSync(path.join(repositoryRoot, 'docs/clients.md'), 'utf8')

/** The section's file in this language; throws if there is none. */
export function readFileOf(title: string, language: string, given: Given): string {
  return putIn(readBlock(title, language), given)
}

/** The command of the section that begins with these words; throws if there is none. */
export function readCommand(title: string, beginning: string, given: Given): Typed {
  const env: Record<string, string> = {}
  for (const line of readBlock(title, 'bash').split('\n')) {
    if (line.startsWith(beginning)) {
      const [, ...words] = line.split(' ')
      return { words: words.map((word) => putIn(word, given)), env }
    }
    for (const [, name = '', value = ''] of line.matchAll(/(\w+)=(\S+)/g)) {
      env[name] = putIn(value.replaceAll('"', ''), given)
    }
  }
  throw new Error(`docs/clients.md, ${title}: no command begins with ${beginning}`)
}

function readBlock(title: string, language: string): string {
  const section = page.split(/^#{2,3} /m).find((text) => text.startsWith(`${title}\n`)) ?? ''
  const block = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(section)?.[1]
  if (block === undefined) throw new Error(`docs/clients.md, ${title}: no block of ${language}`)
  return block
}

function putIn(text: string, { url, caFile, key, model }: Given): string {
  return text
    .replaceAll('https://localhost:8443', url)
    .replaceAll('llama3.2', model)
    .replaceAll('gk_…', key)
    .replaceAll('$GK_API_KEY', key)
    .replaceAll('$CA', caFile)
}
