import { didYouMean } from '../lib/nearest.ts'

/** The service of administration. Nothing includes it but this name: no `*`, alias or claim rule. */
export const controlName = 'control'

/** The services of the configuration, for files that name them. */
export type KnownServices = {
  /** Returns the name of a service by its name or alias; null for neither. */
  readonly serviceNameOf: (nameOrAlias: string) => string | null
  /** Every name and alias, for messages that say which one was meant. */
  readonly names?: readonly string[]
}

/** Says that `who` names a service that does not exist. */
export function describeUnknownService(who: string, name: string, { names = [] }: KnownServices) {
  return {
    what: `${who} names the service ${JSON.stringify(name)}, which does not exist${didYouMean(name, names)}`,
    remedy: 'Correct the name, or add the service to gatekeeper.yaml; its other services work.',
  }
}
