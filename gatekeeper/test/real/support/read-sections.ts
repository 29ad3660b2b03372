/** A guide as its reader uses it: headings, and under each the blocks to paste. */

export type Section = {
  /** Empty for the text above the first heading of the second level. */
  readonly title: string
  readonly shell: readonly string[]
  readonly program: { readonly language: 'js' | 'python'; readonly text: string } | null
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm

/** All sections of a Markdown text, the part above the first heading first. */
export function readSections(markdown: string): Section[] {
  return markdown.split(/^## /m).map((text, index) => {
    const blocks = [...text.matchAll(fence)].map(([, language = '', body = '']) => ({
      language,
      text: body,
    }))
    const programs = blocks.filter(({ language }) => language === 'js' || language === 'python')
    if (programs.length > 1) throw new Error(`two programs under one heading: ${text.slice(0, 60)}`)
    const shell = blocks.filter(({ language }) => language === 'sh')
    return {
      title: index === 0 ? '' : (text.split('\n')[0] ?? ''),
      shell: shell.map(({ text: body }) => body),
      program: (programs[0] as Section['program'] | undefined) ?? null,
    }
  })
}

/** Whether a section has something to run. */
export function isRun({ shell, program }: Section): boolean {
  return shell.length > 0 || program !== null
}
