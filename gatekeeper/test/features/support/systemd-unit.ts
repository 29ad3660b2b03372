/**
 * Reads unit files as far as starting a service by hand needs it (systemd.exec(5),
 * systemd.syntax(7)).
 */
export type SystemdUnit = {
  /** Every value of a directive, in order. */
  readonly values: (name: string) => readonly string[]
  /** `Environment=` under the entries of `EnvironmentFile=`, without `UnsetEnvironment=`. */
  readonly environment: (readFile: (path: string) => string | null) => Record<string, string>
}

export function parseUnit(text: string): SystemdUnit {
  const lines = text.split('\n').filter((line) => /^[A-Z]\w*=/.test(line))
  const directives = lines.map((line) => {
    const at = line.indexOf('=')
    return [line.slice(0, at), line.slice(at + 1)] as const
  })
  const values = (name: string) => directives.filter(([key]) => key === name).map(([, v]) => v)
  return {
    values,
    environment(readFile) {
      const set = values('Environment').flatMap(splitWords).map(toEntry)
      const files = values('EnvironmentFile').map((path) => readFile(path.replace(/^-/, '')) ?? '')
      const fromFiles = files
        .flatMap((file) => file.split('\n'))
        .filter((line) => /^\w+=/.test(line))
        .map(toEntry)
      const unset = new Set(values('UnsetEnvironment').flatMap(splitWords))
      return Object.fromEntries([...set, ...fromFiles].filter(([name]) => !unset.has(name)))
    },
  }
}

/** Words without their quotes; `\n` and the like are unescaped. */
export function splitWords(text: string): string[] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+/g) ?? []
  return words.map((word) =>
    word
      .replace(/^(["'])([\s\S]*)\1$/, '$2')
      .replace(/\\(.)/g, (_, char: string) => (char === 'n' ? '\n' : char)),
  )
}

function toEntry(word: string): [string, string] {
  const at = word.indexOf('=')
  return [word.slice(0, at), word.slice(at + 1)]
}
