import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { isVisibleAscii } from '../../gatekeeper/src/lib/net/fields.ts'
import {
  readRecipientFile,
  setProviderKey,
} from '../../gatekeeper/src/operations/vault/provider-key-writer.ts'
import { showWord, UsageError, type Words } from '../frame/words.ts'
import { readTeam } from '../keys/read-members.ts'
import { askVault, type Context, type VaultCommand, VaultError } from './context.ts'

export const set: VaultCommand = {
  summary: "seal the key of a provider's account",
  usage: 'NAME [--team NAME]',
  options: { team: { type: 'string' } },
  help: [
    'NAME is a provider: openai, claude, gemini … or one of gatekeeper.yaml. The key is read without an',
    'echo, or from stdin. It is sealed at once: this command cannot open it again, and the gatekeeper',
    'sends it to the configured address of that provider only.',
    '--team NAME   the team whose admins see it and set it anew; left out, that of the key in its place',
  ],
  run: async (words, context) => {
    const { requireKnown, names } = context.services
    requireKnown()
    const name = readProvider(words, context)
    const faults: string[] = []
    const ofTeam = readTeam(words, faults)
    if (faults.length > 0) throw new UsageError(faults.join('\n'))
    const key = await readKey(name, context)
    const origin = context.providerOrigins[name] as string
    const recipient = await readRecipient(context)
    const file = context.providersFile
    const row = await setProviderKey(file, { name, key, origin, recipient, ...ofTeam }, context)
    const { mask, version, kid } = row
    const lines = [`The key of ${name} (${mask}) is sealed, for ${origin} only.`]
    const notes = names.includes(name)
      ? ['The gatekeeper uses it within two seconds.']
      : [`Restart the gatekeeper: it serves a provider that is new to it after a start only.`]
    return { lines, notes, json: { provider: name, origin, mask, version, kid } }
  },
}

function readProvider({ positionals }: Words, { providerOrigins }: Context): string {
  const [name = '', ...rest] = positionals
  if (name === '') throw new UsageError('write the name of a provider: vault set openai')
  // A key among the words would stand in the shell's history.
  if (rest.length > 0) throw new UsageError('the key is read from the terminal or from stdin')
  if (Object.hasOwn(providerOrigins, name)) return name
  const known = Object.keys(providerOrigins)
  throw new UsageError(
    `${showWord(name)} is not a provider${didYouMean(name, known)}; there are ${known.join(', ')}`,
  )
}

const charsMin = 8
const charsMax = 512

async function readKey(name: string, { ask, readInput }: Context): Promise<string> {
  const given = ask ? await ask(`Key of ${name}`, { isSecret: true }) : await readInput()
  const key = given.trim()
  if (key === '') throw new UsageError('there is no key on stdin')
  if (isVisibleAscii(key) && key.length >= charsMin && key.length <= charsMax) return key
  throw new UsageError(`a key is one line of ${charsMin} to ${charsMax} visible characters`)
}

/** The gatekeeper makes the vault's first key when it needs one, or is asked. */
async function readRecipient(context: Context) {
  const path = context.vaultPublicFile
  const found = await readRecipientFile(path)
  if (found !== null) return found
  await askVault('ensure', context)
  const made = await readRecipientFile(path)
  if (made === null)
    throw new VaultError(
      `${path} is not the public half of a vault key\nRestart the gatekeeper, which writes it.`,
    )
  return made
}
