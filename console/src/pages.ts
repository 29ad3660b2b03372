/**
 * Which page is at which address; a page adds a line. Each is fetched when it is first shown.
 *
 * A page is a component in `pages/NAME/NAME-page.tsx` that renders `<Page title command>`
 * (`parts/page.tsx`). `lib/resource.ts` reads one thing, `lib/list.ts` a list whose place is in
 * the address (shown by `parts/list-table.tsx`), `lib/submit.ts` runs an act; `api.ts` is the
 * client. The navigation shows a place of `places.ts` as soon as its page is here. Styles of one
 * page alone are in a `.css` file beside it, and count in the budget of `build.test.ts`.
 */
import type { ComponentType } from 'preact'

export type PageProps = { readonly params: Readonly<Record<string, string>> }

export type PageRoute = {
  /** `/keys/:id`: a segment with a colon is a parameter. */
  readonly path: string
  readonly load: () => Promise<ComponentType<PageProps>>
  /** Shown without a session, and without the navigation. */
  readonly isOpen?: true
}

export const pages: readonly PageRoute[] = [
  {
    path: '/',
    load: async () => (await import('./pages/overview/overview-page.tsx')).OverviewPage,
  },
  {
    path: '/queue',
    load: async () => (await import('./pages/queue/queue-page.tsx')).QueuePage,
  },
  {
    path: '/keys',
    load: async () => (await import('./pages/keys/keys-page.tsx')).KeysPage,
  },
  {
    path: '/keys/:id',
    load: async () => (await import('./pages/keys/key-page.tsx')).KeyPage,
  },
  {
    path: '/clients',
    load: async () => (await import('./pages/clients/clients-page.tsx')).ClientsPage,
  },
  {
    path: '/provider-keys',
    load: async () =>
      (await import('./pages/provider-keys/provider-keys-page.tsx')).ProviderKeysPage,
  },
  {
    path: '/rules',
    load: async () => (await import('./pages/rules/rules-page.tsx')).RulesPage,
  },
  {
    path: '/explain',
    load: async () => (await import('./pages/explain/explain-page.tsx')).ExplainPage,
  },
  {
    path: '/playground',
    load: async () => (await import('./pages/playground/playground-page.tsx')).PlaygroundPage,
  },
  {
    path: '/services',
    load: async () => (await import('./pages/services/services-page.tsx')).ServicesPage,
  },
  {
    path: '/people',
    load: async () => (await import('./pages/people/people-page.tsx')).PeoplePage,
  },
  {
    path: '/settings',
    load: async () => (await import('./pages/settings/settings-page.tsx')).SettingsPage,
  },
  {
    path: '/usage',
    load: async () => (await import('./pages/usage/usage-page.tsx')).UsagePage,
  },
  {
    path: '/audit',
    load: async () => (await import('./pages/audit/audit-page.tsx')).AuditPage,
  },
  {
    path: '/review',
    load: async () => (await import('./pages/review/review-page.tsx')).ReviewPage,
  },
  {
    path: '/signin',
    isOpen: true,
    load: async () => (await import('./pages/signin/sign-in-page.tsx')).SignInPage,
  },
  {
    path: '/signin/return',
    isOpen: true,
    load: async () => (await import('./pages/signin/return-page.tsx')).ReturnPage,
  },
  {
    path: '/welcome',
    isOpen: true,
    load: async () => (await import('./pages/welcome/welcome-page.tsx')).WelcomePage,
  },
]
