/**
 * Returns the sheet without comments and spaces that mean nothing. Strings are left alone. A space
 * before `(`, `:` and an operator can mean something in selectors and in `calc`, so those stay.
 */
export function minifyStyles(text: string): string {
  return text
    .split(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')/)
    .map((part, index) => (index % 2 === 1 ? part : squeeze(part)))
    .join('')
    .trim()
}

function squeeze(part: string): string {
  return part
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,]) ?/g, '$1')
    .replace(/([a-z-]): /g, '$1:')
    .replace(/ > /g, '>')
    .replace(/(?<=[\s:(,-])0\./g, '.')
    .replace(/;}/g, '}')
}
