import { expect, it } from 'vitest'
import { aRoute, aService } from '../../../gatekeeper/test/support/questions.ts'
import type { Context } from '../context.ts'
import { hosts } from './hosts.ts'

it('each host of a service is named with its address, and with what makes it found', async () => {
  const routes = [
    aRoute(),
    aRoute({ host: 'webui.localhost', prefix: '' }),
    aRoute({ host: 'ai.lan', prefix: '/x' }),
  ]
  const services = [aService({ name: 'webui', routes })]
  const context = { gateway: { services }, settings: { httpsPort: 8443 } } as unknown as Context
  const level = 'info'
  expect(await hosts.examine(context)).toMatchObject([
    { level, source: 'https://webui.localhost:8443/', remedy: expect.stringContaining('Browsers') },
    { level, source: 'https://ai.lan:8443/x/', remedy: expect.stringContaining('DNS') },
  ])
})
