import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { refusePositionals } from '../frame/words.ts'
import { askVault, type VaultCommand } from './context.ts'

type Judged = {
  readonly id: string
  readonly kid: string
  readonly fault: { readonly what: string; readonly remedy: string } | null
}
type Verified = {
  readonly kids: readonly string[]
  /** Those that stand in no file: the next start does not have them. */
  readonly lost: readonly string[]
  readonly providers: readonly Judged[]
  /** Split keys by the vault key that they are sealed to. */
  readonly splitKeys: readonly {
    readonly kid: string
    readonly rows: number
    readonly faulty: number
  }[]
}

export const verify: VaultCommand = {
  summary: 'whether the gatekeeper can open every sealed key',
  usage: '',
  options: {},
  help: ['Names the vault keys to which nothing is sealed any more: their files may be removed.'],
  run: async (words, context) => {
    refusePositionals(words)
    const answer = await askVault<Verified>('verify', context)
    const { kids, providers, splitKeys } = answer
    const used = [...providers, ...splitKeys].map(({ kid }) => kid)
    const lost = answer.lost.filter((kid) => used.includes(kid))
    const unused = kids.slice(1).filter((kid) => !used.includes(kid))
    const faulty = providers.filter(({ fault }) => fault !== null)
    const lines = [
      ...providers.map(({ id, fault }) =>
        fault === null ? `${id}: opens` : `${id}: ${fault.what}. ${fault.remedy}`,
      ),
      ...(providers.length === 0 ? ['The vault has no key of a provider.'] : []),
      ...splitKeys.map(
        ({ kid, rows, faulty }) =>
          `split keys sealed to ${kid}: ${rows}, of which ${faulty} do not open`,
      ),
      ...lost.map(
        (kid) =>
          `The vault key ${kid} has no file any more: what is sealed to it is lost at the next start. Restore its file, or: npm run vault -- rotate, then rewrap.`,
      ),
      ...unused.map((kid) => `Nothing is sealed to the vault key ${kid} any more.`),
    ]
    const isWhole = faulty.length + lost.length === 0 && splitKeys.every((one) => one.faulty === 0)
    const code = isWhole ? exitCode.ok : exitCode.no
    return { code, lines, json: { kids, lost, unused, providers, splitKeys } }
  },
}
