import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import { hostAddresses } from '../../start/next-steps.ts'
import type { Context } from '../context.ts'

/** Services with a host of their own. Only their users know whether the name leads here. */
export const hosts: Examination<Context> = {
  name: 'hosts',
  examine: ({ gateway, settings }) =>
    hostAddresses({ services: gateway.services, port: settings.httpsPort }).map(
      ({ name, address }) => ({
        level: 'info',
        source: address,
        what: `is the address of ${name}`,
        remedy: /\.localhost[:/]/.test(address)
          ? 'Browsers find it on this machine without further settings.'
          : 'Let this name lead to this machine, in your DNS or in the hosts file of its users.',
      }),
    ),
}
