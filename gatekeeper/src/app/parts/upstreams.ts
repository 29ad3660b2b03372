import type { Problem } from '../../lib/problem.ts'
import { createCertificateFaults } from '../../upstreams/certificate-faults.ts'
import { createForwarder } from '../../upstreams/forward.ts'
import type { AppDeps } from '../app-deps.ts'
import type { VaultPart } from './vault.ts'

/** Opens the connections to upstreams; the part is named after the problems that it can have. */
export function openUpstreams({ services, log }: AppDeps, { keyOf }: Pick<VaultPart, 'keyOf'>) {
  const report = ({ source, what, remedy }: Problem) =>
    log.error({ service: source, fault: what, remedy }, 'certificate')
  const certificates = createCertificateFaults(report)
  const forwarder = createForwarder(services, { certificates, keyOf })
  return { ...forwarder, name: 'certificates', certificates, problems: certificates.problems }
}
