import { allRows as rows } from '../../gatekeeper/src/config/all-settings.ts'
import { hasFile } from '../../gatekeeper/src/config/read-settings.ts'
import type { SettingRow } from '../../gatekeeper/src/config/settings.ts'

/** The table of settings. */
export function renderSettingsTable(): string {
  const lines = rows.map(
    (row) =>
      `| ${namesOf(row).join('<br>')} | ${row.fallback === null ? '' : `\`${row.fallback}\``} | ${row.help} |`,
  )
  return ['| variable | default | what it sets |', '|---|---|---|', ...lines].join('\n')
}

function namesOf({ name, kind, aliases = [] }: SettingRow): string[] {
  const names = [name, ...aliases]
  const all = hasFile(kind) ? [...names, `${name}_FILE`] : names
  return all.map((each) => `\`${each}\``)
}

/** `.env.example`: every setting, commented out, with its default. */
export function renderEnvExample(): string {
  const entries = rows.map((row) => {
    const also = hasFile(row.kind) ? ` (or ${row.name}_FILE with a path)` : ''
    return `# ${row.help}${also}\n#${row.name}=${row.fallback ?? ''}\n`
  })
  return [
    '# Copy to .env, which npm start reads. Environment variables take precedence.\n',
    ...entries,
  ].join('\n')
}
