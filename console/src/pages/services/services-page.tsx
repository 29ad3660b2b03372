import { useResource } from '../../lib/resource.ts'
import { Button } from '../../parts/button.tsx'
import { Page } from '../../parts/page.tsx'
import { Tag } from '../../parts/tag.tsx'
import { DoctorCard } from './doctor-card.tsx'
import type { Doctor } from './services.ts'
import { type Services, ServicesCard } from './services-card.tsx'

/** What stands behind the gate, and is it well? */
export function ServicesPage() {
  const services = useResource<Services>('/services', true)
  const doctor = useResource<Doctor>('/doctor', true)
  const again = () => {
    services.reload()
    doctor.reload()
  }
  return (
    <Page
      title="Services and doctor"
      beside={<Verdict doctor={doctor.value} />}
      acts={<Button onClick={again}>Look again</Button>}
      command="npm run doctor"
    >
      <ServicesCard services={services} />
      <DoctorCard doctor={doctor} />
    </Page>
  )
}

function Verdict({ doctor }: { doctor: Doctor | null }) {
  if (doctor === null) return null
  const { bad, warn } = doctor.counts
  if (bad > 0)
    return (
      <Tag tone="bad" hasDot>
        {bad} wrong
      </Tag>
    )
  return (
    <Tag tone={warn > 0 ? 'warn' : 'good'} hasDot>
      {warn > 0 ? `${warn} ${warn === 1 ? 'needs' : 'need'} care` : 'all well'}
    </Tag>
  )
}
