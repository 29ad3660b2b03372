import { useEffect, useState } from 'preact/hooks'
import { later } from '../lib/later.tsx'
import { useShared } from '../lib/shared.ts'
import { place } from '../place.ts'
import { type NamedPlace, type PlaceSection, placesOf, sectionTitles } from '../places.ts'
import { type QueueNow, queueNow, type SessionView, session } from '../session.ts'
import { Brand, Icon } from './icon.tsx'

const Me = later(async () => (await import('./me.tsx')).Me)

/** All places of the person, in their sections; behind a button where the window is narrow. */
export function Navigation({ onHelp }: { onHelp: () => void }) {
  const [isOpen, setOpen] = useState(false)
  const { path } = useShared(place)
  const me = useShared(session)
  useEffect(() => setOpen(false), [path])
  if (me === null) return null
  const mine = placesOf(me.person.role)
  const sections = Object.keys(sectionTitles) as PlaceSection[]
  return (
    <header class="side">
      <div class="bar-top">
        <a class="brand" href="/" aria-label="Gatekeeper, to the overview">
          <Brand /> Gatekeeper
        </a>
        <button
          type="button"
          class="btn s open-menu"
          aria-expanded={isOpen}
          aria-controls="navigation"
          onClick={() => setOpen(!isOpen)}
        >
          {isOpen ? 'Close' : 'Menu'}
        </button>
      </div>
      <nav
        id="navigation"
        aria-label="Pages"
        class={isOpen ? 'open' : undefined}
        onKeyDown={(event) => event.key === 'Escape' && setOpen(false)}
      >
        {sections.map((section) => (
          <Section
            key={section}
            title={sectionTitles[section]}
            of={mine.filter((one) => one.section === section)}
            me={me}
          />
        ))}
        <Me me={me} onHelp={onHelp} />
      </nav>
    </header>
  )
}

type SectionProps = {
  readonly title: string | null
  readonly of: readonly NamedPlace[]
  readonly me: SessionView
}

function Section({ title, of, me }: SectionProps) {
  if (of.length === 0) return null
  return (
    <>
      {title !== null && <small>{title}</small>}
      {of.map((one) => (
        <PlaceLink key={one.path} one={one} me={me} />
      ))}
    </>
  )
}

function PlaceLink({ one, me }: { one: NamedPlace; me: SessionView }) {
  const { path } = useShared(place)
  const queue = useShared(queueNow)
  const isHere = path === one.path || (one.path !== '/' && path.startsWith(`${one.path}/`))
  const count = countOf(one, me, queue)
  return (
    <a href={one.path} aria-current={isHere ? 'page' : undefined}>
      <Icon path={one.icon} />
      {one.title}
      {count !== null && <span class={one.isAlert === true ? 'n alert' : 'n'}>{count}</span>}
    </a>
  )
}

/** Nothing where it is not known, or is a warning about nothing. */
function countOf(
  { counted, isAlert = false }: NamedPlace,
  me: SessionView,
  queue: QueueNow | null,
): number | null {
  if (counted === undefined) return null
  const count =
    counted === 'queue' && queue !== null ? queue.running + queue.waiting : me.counts[counted]
  return count === undefined || (isAlert && count === 0) ? null : count
}
