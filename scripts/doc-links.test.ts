import { execFileSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const pages = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((name) => name !== '' && existsSync(join(root, name)))

/** Returns the text without code, where brackets are not links. */
function withoutCode(text: string): string {
  return text.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, (code) => 'x'.repeat(code.length))
}

/** Returns the anchors of a page: its headings as GitHub names them, and its `id` attributes. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)]
  const slugs = headings.map(([, title = '']) =>
    title
      .replace(/\]\([^)]*\)/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id)
  return new Set(slugs.concat(ids))
}

test('every relative link and anchor leads to something', () => {
  const links = pages.flatMap((page) =>
    [...withoutCode(readFileSync(join(root, page), 'utf8')).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => ({ page, target }))
      .filter(({ target }) => !/^[a-z]+:/.test(target)),
  )
  const broken = links.filter(({ page, target }) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path)
    if (!existsSync(file) || relative(root, file).startsWith('..')) return true
    return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).has(anchor)
  })
  expect(links.length).toBeGreaterThan(50)
  expect(broken.map(({ page, target }) => `${page}: ${target}`)).toEqual([])
})

test('every id of a promise (K1, C2) in a test or comment is in docs/contracts.md', () => {
  const known = new Set(
    [...readFileSync(join(root, 'docs/contracts.md'), 'utf8').matchAll(/^\| ([KC]\d+) \|/gm)].map(
      ([, id]) => id,
    ),
  )
  const files = globSync('{gatekeeper,scripts}/**/*.ts', { cwd: root })
  const used = files.flatMap((file) =>
    // Not `%C3`, which is a part of a percent-encoded character.
    [
      ...readFileSync(join(root, file), 'utf8').matchAll(/(?<![%\w$])([KC]\d{1,2})(?=[:;,) ])/g),
    ].map(([, id = '']) => ({ file, id })),
  )
  expect(used.length).toBeGreaterThan(50)
  expect(used.filter(({ id }) => !known.has(id))).toEqual([])
})
