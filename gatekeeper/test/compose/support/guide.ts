import { readFileSync } from 'node:fs'
import path from 'node:path'
import { repositoryRoot } from '../../real/parts/part.ts'

/** The code blocks of one language under a heading of docs/guides/compose.md, in order. */
export function readGuide(heading: string, language: 'sh' | 'yaml'): readonly string[] {
  const text = readFileSync(path.join(repositoryRoot, 'docs/guides/compose.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm')
  const blocks = [...(section ?? '').matchAll(fence)].map((match) => match[1] ?? '')
  if (blocks.length === 0) throw new Error(`the guide has no ${language} under "${heading}"`)
  return blocks
}
