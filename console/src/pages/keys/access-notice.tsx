import { call, callTagged } from '../../api.ts'
import { useSubmit } from '../../lib/submit.ts'
import { Button } from '../../parts/button.tsx'
import { ErrorPanel } from '../../parts/error-panel.tsx'
import { Notice } from '../../parts/notice.tsx'
import { loadSession, session } from '../../session.ts'

/** A key does no more than the person who makes it: without access there is nothing to give. */
export function AccessNotice({ onGiven }: { onGiven: () => void }) {
  const person = session.value?.person
  const giving = useSubmit(async () => {
    const path = `/people/${person?.id}`
    const { etag } = await callTagged('GET', path)
    const access = { role: 'admin', services: ['*'], models: [], limits: [] }
    await call('PATCH', path, { body: { access }, ifMatch: etag })
    await loadSession()
    onGiven()
  })
  const isOwner = person?.role === 'owner'
  return (
    <>
      <Notice
        tone="warn"
        word="No access"
        go={
          isOwner ? (
            <Button isSmall isBusy={giving.isBusy} onClick={() => void giving.run()}>
              Give me access to all services
            </Button>
          ) : (
            <a href="/people">People</a>
          )
        }
      >
        A key can do no more than the person who makes it, and it stops with that person. You have
        no access to services yet{isOwner ? '' : ': an owner or admin gives it'}.
      </Notice>
      <ErrorPanel failure={giving.failure} />
    </>
  )
}
