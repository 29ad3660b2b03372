import { cureOfCertificate } from '../lib/net/certificate-fault.ts'
import type { Problem } from '../lib/problem.ts'

export type CertificateFaults = {
  /** The certificate of the service was not accepted, with this code. */
  readonly report: (service: string, code: string) => void
  /** The service answered. */
  readonly clear: (service: string) => void
  readonly problems: () => readonly Problem[]
}

/** Remembers whose certificate was not accepted last; `onNew` is told once for each fault. */
export function createCertificateFaults(onNew: (problem: Problem) => void): CertificateFaults {
  const faults = new Map<string, string>()
  return {
    report: (service, code) => {
      if (faults.get(service) === code) return
      faults.set(service, code)
      onNew(toProblem(service, code))
    },
    clear: (service) => void faults.delete(service),
    problems: () => [...faults].map(([service, code]) => toProblem(service, code)),
  }
}

function toProblem(service: string, code: string): Problem {
  return {
    source: service,
    what: `its certificate is not trusted (${code}), so that nothing is sent to it`,
    remedy: cureOfCertificate(code, `services.${service}.upstream`),
  }
}
