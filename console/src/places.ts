import type { Counted, Role } from './session.ts'

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
    icon: 'M2.500 4h11M2.500 8h8M2.500 12h5',
    counted: 'queue',
  },
  {
    path: '/keys',
    title: 'Keys',
    section: 'access',
    jump: 'k',
    isForMembers: true,
    icon: 'M10.500 2.500a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 8l-5.500 5.500M4.500 11.500 6 13',
    counted: 'keys',
  },
  {
    path: '/clients',
    title: 'Apps and clients',
    section: 'access',
    jump: 'c',
    isForMembers: false,
    icon: 'M2.500 2.500H7V7H2.500zM9 2.500h4.500V7H9zM2.500 9H7v4.500H2.500zM9 9h4.500v4.500H9z',
    counted: 'clients',
  },
  {
    path: '/people',
    title: 'People',
    section: 'access',
    jump: 'p',
    isForMembers: false,
    icon: 'M5.500 7.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5ZM1.500 13.500c.3-2.600 1.800-4 4-4s3.700 1.400 4 4M11 7.500a2 2 0 1 0-.5-3.900M11.500 9.700c1.700.3 2.700 1.600 3 3.800',
    counted: 'people',
  },
  {
    path: '/provider-keys',
    title: 'Provider keys',
    section: 'access',
    jump: 'v',
    isForMembers: false,
    icon: 'M3 7V5a5 5 0 0 1 10 0v2M2.500 7h11v6.500h-11zM8 9.500v1.700',
    counted: 'providerKeys',
  },
  {
    path: '/rules',
    title: 'Address rules',
    section: 'access',
    jump: 'r',
    isForMembers: false,
    icon: 'M8 2l5 2v4c0 3-2 5-5 6-3-1-5-3-5-6V4z',
  },
  {
    path: '/usage',
    title: 'Usage and cost',
    section: 'look',
    jump: 'u',
    isForMembers: true,
    icon: 'M2.500 13.500v-5M6.200 13.500v-9M9.800 13.500v-6M13.500 13.500v-11',
  },
  {
    path: '/audit',
    title: 'Audit',
    section: 'look',
    jump: 'a',
    isForMembers: false,
    icon: 'M4 2.500h8v11H4zM6 5.500h4M6 8h4M6 10.500h2.500',
  },
  {
    path: '/explain',
    title: 'Explain',
    section: 'look',
    jump: 'e',
    isForMembers: true,
    icon: 'M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM6.300 6.300c.2-1 .9-1.500 1.800-1.500 1 0 1.800.6 1.800 1.600 0 1.300-1.800 1.500-1.800 2.700M8.050 11.200v.1',
  },
  {
    path: '/playground',
    title: 'Playground',
    section: 'look',
    jump: 'y',
    isForMembers: true,
    icon: 'M2.500 3h11v8H8l-3 2.500V11H2.500zM5.500 6h5M5.500 8.500h3',
  },
  {
    path: '/services',
    title: 'Services and doctor',
    section: 'system',
    jump: 's',
    isForMembers: false,
    icon: 'M2.500 3h11v4h-11zM2.500 9h11v4h-11zM5 5h.1M5 11h.1',
    counted: 'findings',
    isAlert: true,
  },
  {
    path: '/review',
    title: 'Review',
    section: 'system',
    jump: 'w',
    isForMembers: false,
    icon: 'M3 3.500h10v9H3zM5.500 8l1.800 1.800L10.800 6',
  },
  {
    path: '/settings',
    title: 'Settings',
    section: 'system',
    jump: 't',
    isForMembers: true,
    icon: 'M8 10.200a2.200 2.200 0 1 0 0-4.400 2.200 2.200 0 0 0 0 4.400ZM8 1.800v1.700M8 12.500v1.700M1.800 8h1.700M12.500 8h1.700M3.600 3.600l1.200 1.200M11.200 11.200l1.200 1.200M12.400 3.600l-1.200 1.200M4.800 11.200l-1.200 1.200',
  },
]

let there: ReadonlySet<string> = new Set()

/** Sets the paths that have a page; the list itself imports the pages, and they import this. */
export function setPaths(paths: readonly string[]): void {
  there = new Set(paths)
}

/** Returns the places that a person of that role has. */
export function placesOf(role: Role): readonly NamedPlace[] {
  return places.filter(({ path, isForMembers }) => {
    return there.has(path) && (role !== 'member' || isForMembers)
  })
}

/** Whether a person of that role has the page of a path. */
export function hasPlace(role: Role, path: string): boolean {
  return placesOf(role).some((one) => one.path === path)
}
