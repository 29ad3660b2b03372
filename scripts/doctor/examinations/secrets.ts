import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { isChosenByPerson } from '../../../gatekeeper/src/operations/keys/key-strength.ts'
import type { Context } from '../context.ts'

const makeOne = 'Make one: `echo "sk-$(openssl rand -hex 24)"`, and set it at both ends.'

const control = 'strong-secrets'

/** Secrets that can be guessed, and missing ones. */
export const secrets: Examination<Context> = {
  name: 'secrets',
  examine: async (context) => [
    ...(await judgeMasterKey(context)),
    ...context.gateway.services.flatMap(({ name, chat, upstream }) =>
      // The chat has the key of what stands behind it.
      name !== 'litellm' &&
      chat === undefined &&
      upstream?.key != null &&
      isChosenByPerson(upstream.key)
        ? [weak(context.settings.configFile, `the key of the service ${name}`)]
        : [],
    ),
    ...judgeCompose(context),
  ],
}

function weak(source: string, name: string): Finding {
  const what = `${name} is short or made of words: it can be guessed`
  return { level: 'error', source, what, remedy: makeOne, control }
}

async function judgeMasterKey({ root, env, settings, gateway }: Context): Promise<Finding[]> {
  const litellm = gateway.services.find(({ name }) => name === 'litellm')
  const key = settings.litellmMasterKey ?? litellm?.upstream?.key ?? null
  const place = await findPlace(root, env['LITELLM_MASTER_KEY_FILE'] ? '_FILE' : '')
  if (key !== null) return isChosenByPerson(key) ? [{ ...weak('', 'it'), ...place }] : []
  if (litellm?.upstream == null) return []
  const what = 'is not set: LiteLLM is called without a key, and so can everybody near it'
  return [{ level: 'warning', source: 'LITELLM_MASTER_KEY', what, remedy: makeOne, control }]
}

/** The line of `.env`, or the variable. */
async function findPlace(root: string, suffix: string): Promise<{ source: string; line?: number }> {
  const name = `LITELLM_MASTER_KEY${suffix}`
  const path = join(root, '.env')
  const text = await readFile(path, 'utf8').catch(() => '')
  const at = text
    .split('\n')
    .findIndex((line) => new RegExp(`^\\s*(export\\s+)?${name}\\s*=`).test(line))
  return at === -1 || suffix !== '' ? { source: name } : { source: path, line: at + 1 }
}

/** A compose file is shared and committed: a value in it does not stay secret. */
function judgeCompose({ composeFiles }: Context): Finding[] {
  return composeFiles.flatMap(({ path, services }) =>
    services.flatMap(({ environment }) =>
      [...environment]
        .filter(([name]) => /(KEY|SECRET|PASSWORD|TOKEN)$/.test(name))
        .flatMap(([name, { written, line }]): Finding[] => {
          if (written === '') return []
          if (isChosenByPerson(written)) return [{ ...weak(path, name), line }]
          const what = `${name} stands in the file in clear`
          const remedy = `Write \${${name}} there, and the secret into .env.`
          return [{ level: 'warning', source: path, line, what, remedy, control }]
        }),
    ),
  )
}
