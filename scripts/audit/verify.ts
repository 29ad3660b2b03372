import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { listChains } from '../../gatekeeper/src/audit/segments.ts'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { readStatement } from '../../gatekeeper/src/oauth/statement.ts'
import { type ChainPlace, isChainPlace } from '../../gatekeeper/src/operations/audit/chain-place.ts'
import {
  type VerifiedChain,
  verifyChain,
} from '../../gatekeeper/src/operations/audit/verify-chain.ts'
import { refusePositionals, stringOf, type Words } from '../words/words.ts'
import type { AuditCommand, AuditContext } from './command.ts'
import { readOwnKeys } from './own-keys.ts'

export const verify: AuditCommand = {
  summary: 'look for lines that were changed, removed or moved',
  usage: '[--against HEADS] [--keys JWKS]',
  options: { against: { type: 'string' }, keys: { type: 'string' } },
  help: [
    '--against FILE  heads that `export` gave before: only they show a tail that was cut',
    '--keys FILE     our published keys as they were kept elsewhere; else those of this machine',
    'Exit code 1 where anything is wrong; each is named with its file and line.',
  ],
  run: async (words, context) => {
    refusePositionals(words)
    const pathOf = (name: string) => {
      const file = stringOf(words, name)
      return file === undefined ? null : resolve(context.base, file)
    }
    const own = await readOwnKeys(pathOf('keys'), context)
    const isOwnKey = (kid: string) => own.has(kid)
    const against = pathOf('against')
    const exported = against === null ? [] : await readExported(against, isOwnKey)
    const { folder } = context
    const deps = { folder, readStatement, isOwnKey, exported }
    const names = new Set([...listChains(folder), ...exported.map(({ chain }) => chain)])
    const chains: VerifiedChain[] = []
    for (const name of names) chains.push(await verifyQuietly(name, deps))
    await report(chains, words, context)
    return chains.some(({ faults }) => faults.length > 0) ? exitCode.no : exitCode.ok
  },
}

const attempts = 5

/** The gatekeeper goes on writing meanwhile: half a line, or a file just begun, is whole a moment later. */
async function verifyQuietly(name: string, deps: Parameters<typeof verifyChain>[1]) {
  for (let attempt = 1; ; attempt++) {
    const verified = await verifyChain(name, deps)
    if (verified.faults.length === 0 || attempt === attempts) return verified
    await sleep(100)
  }
}

async function readExported(
  source: string,
  isOwnKey: (kid: string) => boolean,
): Promise<readonly ChainPlace[]> {
  const refuse = (what: string) => {
    const remedy = 'Name a file that `npm run audit -- export` gave, as it was.'
    return new ProblemsError([{ source, what, remedy }])
  }
  const { signature, ...said } = readJson(source) ?? {}
  if (typeof signature !== 'string') throw refuse('holds no signed heads')
  const read = await readStatement(signature)
  if (read === null || JSON.stringify(read.statement) !== JSON.stringify(said)) {
    throw refuse('was changed: its signature does not belong to it')
  }
  if (!isOwnKey(read.kid)) throw refuse('is signed by an unknown key')
  const { heads } = read.statement
  if (!Array.isArray(heads) || !heads.every(isChainPlace)) throw refuse('holds no heads')
  return heads
}

function readJson(source: string): Record<string, unknown> | null {
  try {
    return JSON.parse(readFileSync(source, 'utf8')) as Record<string, unknown>
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const what = code === undefined ? 'is not JSON' : `cannot be read (${code})`
    throw new ProblemsError([{ source, what, remedy: 'Name a readable file.' }])
  }
}

async function report(
  chains: readonly VerifiedChain[],
  words: Words,
  context: AuditContext,
): Promise<void> {
  if (words.values['json'] === true) {
    const isWhole = chains.every(({ faults }) => faults.length === 0)
    return await context.say([JSON.stringify({ isWhole, chains }, null, 2)])
  }
  if (chains.length === 0)
    return await context.say([`Nothing is recorded in ${context.folder} yet.`])
  await context.say(chains.flatMap(describe))
}

function describe({ chain, files, records, head, faults, notes }: VerifiedChain): string[] {
  const verdict = faults.length === 0 ? 'whole' : `BROKEN in ${count(faults.length, 'place')}`
  return [
    `${chain}: ${verdict}: ${count(records, 'record')} in ${count(files, 'file')}, the last is ${head.sequence} (${head.hash.slice(0, 16)}…)`,
    ...faults.map(({ file, line, what }) => `  ${file}${line === null ? '' : `:${line}`}: ${what}`),
    ...notes.map((note) => `  note: ${note}`),
  ]
}

function count(value: number, word: string): string {
  return `${value.toLocaleString('en-US')} ${word}${value === 1 ? '' : 's'}`
}
