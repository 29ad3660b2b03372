import { accountOf, addressOf, type Service } from './service.ts'

/** A service as it is configured, for people; without any secret. */
export type ServiceView = ReturnType<typeof viewService>

export function viewService(service: Service) {
  const { name, kind, aliases, routes, upstream, limits, queue, origins, anonymous } = service
  const account = accountOf(service)
  return {
    ...{ name, kind: kind.name, aliases, anonymous, origins },
    isProvider: kind.provider !== undefined,
    /** The service whose address, limits and slots it shares; null if they are its own. */
    behind: account === name ? null : account,
    address: upstream === null ? null : addressOf(upstream),
    routes: routes.map(({ host = null, prefix, strip, mode, browser }) => {
      return { host, prefix: prefix || '/', strip, mode, browser }
    }),
    limits: limits.map(({ text }) => text),
    slots: queue?.slots ?? null,
  }
}
