import { cureOfCertificate } from '../lib/net/certificate-fault.ts'
import type { Problem } from '../lib/problem.ts'
import type { Outcome } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Reason } from '../model/reason.ts'

export type CertificateFaults = {
  /** Reports that the certificate of the service was not accepted, with this code. */
  readonly report: (service: string, code: string) => void
  /** Reports that the service answered. */
  readonly clear: (service: string) => void
  /**
   * Records how a checked request ended, whose certificate Caddy has verified; relayed requests are
   * reported by the relay.
   */
  readonly noteEnd: (ended: Ended) => void
  readonly problems: () => readonly Problem[]
}

type Ended = {
  readonly facts: RequestFacts | null
  readonly reason: Reason | null
  readonly outcome: Outcome | null
}

/** Remembers the last certificate fault of each service; `onNew` is called once for each fault. */
export function createCertificateFaults(onNew: (problem: Problem) => void): CertificateFaults {
  const faults = new Map<string, string>()
  const clear = (service: string) => void faults.delete(service)
  const report = (service: string, code: string) => {
    if (faults.get(service) === code) return
    faults.set(service, code)
    onNew(toProblem(service, code))
  }
  return {
    report,
    clear,
    noteEnd: ({ facts, reason, outcome }) => {
      const service = facts?.point === 'check' ? facts.service : null
      if (!service || outcome === null) return
      if (reason === 'upstream-untrusted') report(service.name, outcome.cause ?? '')
      else if (outcome.kind === 'answered') clear(service.name)
    },
    problems: () => [...faults].map(([service, code]) => toProblem(service, code)),
  }
}

function toProblem(service: string, code: string): Problem {
  return {
    source: service,
    what: `its certificate is not trusted (${code}), so no request is sent to it`,
    remedy: cureOfCertificate(code, `services.${service}.upstream`),
  }
}
