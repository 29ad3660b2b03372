import { type Counted, type Role, session } from './session.ts'

export type PlaceSection = 'now' | 'access' | 'look' | 'system'

/** A place in the navigation. It is shown where `pages.ts` has its page. */
export type NamedPlace = {
  readonly path: string
  readonly title: string
  readonly section: PlaceSection
  /** The key after `g`. */
  readonly jump: string
  /** The shape in a square of 16, as lines. */
  readonly icon: string
  readonly isForMembers: boolean
  /** It is about the whole installation: nobody of a team has it. */
  readonly isOfAll?: boolean
  readonly counted?: Counted
  /** The count is something to look after. */
  readonly isAlert?: boolean
}

export const sectionTitles: Readonly<Record<PlaceSection, string | null>> = {
  now: null,
  access: 'Access',
  look: 'Look',
  system: 'System',
}

export const places: readonly NamedPlace[] = [
  {
    path: '/',
    title: 'Overview',
    section: 'now',
    jump: 'o',
    isForMembers: true,
    icon: 'M2 9.5 8 3l6 6.5M4 8v5h8V8',
  },
  {
    path: '/queue',
    title: 'Queue',
    section: 'now',
    jump: 'q',
    isForMembers: false,
    icon: 'M2.5 4h11M2.5 8h8M2.5 12h5',
    counted: 'queue',
  },
  {
    path: '/keys',
    title: 'Keys',
    section: 'access',
    jump: 'k',
    isForMembers: true,
    icon: 'M10.5 2.5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 8l-5.5 5.5M4.5 11.5 6 13',
    counted: 'keys',
  },
  {
    path: '/clients',
    title: 'Apps and clients',
    section: 'access',
    jump: 'c',
    isForMembers: false,
    icon: 'M2.5 2.5H7V7H2.5zM9 2.5h4.5V7H9zM2.5 9H7v4.5H2.5zM9 9h4.5v4.5H9z',
    counted: 'clients',
  },
  {
    path: '/people',
    title: 'People',
    section: 'access',
    jump: 'p',
    isForMembers: false,
    icon: 'M5.5 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c.3-2.6 1.8-4 4-4s3.7 1.4 4 4M11 7.5a2 2 0 1 0-.5-3.9M11.5 9.7c1.7.3 2.7 1.6 3 3.8',
    counted: 'people',
  },
  {
    path: '/provider-keys',
    title: 'Provider keys',
    section: 'access',
    jump: 'v',
    isForMembers: false,
    icon: 'M3 7V5a5 5 0 0 1 10 0v2M2.5 7h11v6.5h-11zM8 9.5v1.7',
    counted: 'providerKeys',
  },
  {
    path: '/rules',
    title: 'Address rules',
    section: 'access',
    jump: 'r',
    isForMembers: false,
    isOfAll: true,
    icon: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z',
  },
  {
    path: '/usage',
    title: 'Usage and cost',
    section: 'look',
    jump: 'u',
    isForMembers: true,
    icon: 'M2.5 13.5v-5M6.2 13.5v-9M9.8 13.5v-6M13.5 13.5v-11',
  },
  {
    path: '/audit',
    title: 'Audit',
    section: 'look',
    jump: 'a',
    isForMembers: false,
    icon: 'M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5',
  },
  {
    path: '/explain',
    title: 'Explain',
    section: 'look',
    jump: 'e',
    isForMembers: true,
    icon: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.3 6.3c.2-1 .9-1.5 1.8-1.5 1 0 1.8.6 1.8 1.6 0 1.3-1.8 1.5-1.8 2.7M8.050 11.2v.1',
  },
  {
    path: '/playground',
    title: 'Playground',
    section: 'look',
    jump: 'y',
    isForMembers: true,
    icon: 'M2.5 3h11v8H8l-3 2.5V11H2.5zM5.5 6h5M5.5 8.5h3',
  },
  {
    path: '/services',
    title: 'Services and doctor',
    section: 'system',
    jump: 's',
    isForMembers: false,
    isOfAll: true,
    icon: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5h.1M5 11h.1',
    counted: 'findings',
    isAlert: true,
  },
  {
    path: '/review',
    title: 'Review',
    section: 'system',
    jump: 'w',
    isForMembers: false,
    isOfAll: true,
    icon: 'M3 3.5h10v9H3zM5.5 8l1.8 1.8L10.8 6',
  },
  {
    path: '/settings',
    title: 'Settings',
    section: 'system',
    jump: 't',
    isForMembers: true,
    icon: 'M8 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM8 1.8v1.7M8 12.5v1.7M1.8 8h1.7M12.5 8h1.7M3.6 3.6l1.2 1.2M11.2 11.2l1.2 1.2M12.4 3.6l-1.2 1.2M4.8 11.2l-1.2 1.2',
  },
]

let there: ReadonlySet<string> = new Set()

/** Sets the paths that have a page; the list itself imports the pages, and they import this. */
export function setPaths(paths: readonly string[]): void {
  there = new Set(paths)
}

/** Returns the places that a person of that role has; within a team not those of the whole. */
export function placesOf(role: Role): readonly NamedPlace[] {
  const isOfTeam = (session.value?.person.team ?? null) !== null
  return places.filter(({ path, isForMembers, isOfAll = false }) => {
    return there.has(path) && (role !== 'member' || isForMembers) && !(isOfTeam && isOfAll)
  })
}

/** Whether a person of that role has the page of a path. */
export function hasPlace(role: Role, path: string): boolean {
  return placesOf(role).some((one) => one.path === path)
}
