/** What the widget's configuration keeps in files: the prompt, and the secret of a check. */
import type { Problem } from '../lib/problem.ts'
import type { WidgetChallenge } from '../model/widget.ts'
import { readKeyFile } from './read-key-file.ts'
import { isSafeForKeys } from './upstream-url.ts'
import type { WidgetDeps } from './widget-behind.ts'
import type { WidgetEntry } from './widget-schema.ts'

export function promptOf(entry: WidgetEntry, deps: WidgetDeps, problems: Problem[]): string {
  const { prompt, promptFile } = entry
  const { settings, reportAt, readText } = deps
  if (prompt !== undefined && promptFile !== undefined) {
    const what = 'widget has both prompt and promptFile'
    problems.push(reportAt(['widget', 'promptFile'], what, 'Keep one of them.'))
  }
  if (settings.widget.prompt !== null) return settings.widget.prompt.trim()
  if (promptFile === undefined) return prompt?.trim() ?? ''
  try {
    return readText(promptFile).trim()
  } catch (error) {
    const { code = 'not readable' } = error as NodeJS.ErrnoException
    const what = `${promptFile} cannot be read (${code})`
    const remedy = 'Make it readable for this user, or correct the path.'
    problems.push(reportAt(['widget', 'promptFile'], what, remedy))
    return ''
  }
}

export function challengeOf(
  { challenge }: WidgetEntry,
  deps: WidgetDeps,
  problems: Problem[],
): WidgetChallenge | null {
  if (challenge === 'off') return null
  if ('proofOfWork' in challenge) return { kind: 'proof-of-work', bits: challenge.proofOfWork }
  const { url, secretFile, siteKey } = challenge.siteverify
  const at = ['widget', 'challenge', 'siteverify', 'secretFile']
  const secret = readKeyFile(secretFile, at, { ...deps, problems })
  if (!isSafeForKeys(new URL(url.origin))) {
    const what = `${url.origin} would get the secret in clear`
    const place = ['widget', 'challenge', 'siteverify', 'url']
    problems.push(deps.reportAt(place, what, 'Write an https:// address.'))
  }
  if (secret === null) return null
  return { kind: 'siteverify', url: url.origin + url.basePath, secret, siteKey }
}
