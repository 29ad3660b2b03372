import type { GatewayFile } from './gateway-schema.ts'
import type { Settings } from './read-settings.ts'

/** What holds for services and apps that do not say it themselves. */
export type OriginRules = {
  readonly usual: readonly string[]
  /** Whether providers and the routes of apps answer requests without an Origin field. */
  readonly allowNoOrigin: boolean
}

/** The environment comes before the file, as for addresses of services. */
export function resolveOrigins(
  file: Pick<GatewayFile, 'origins' | 'allowNoOrigin'>,
  settings: Pick<Settings, 'origins' | 'allowNoOrigin'>,
): OriginRules {
  return {
    usual: settings.origins ?? file.origins,
    allowNoOrigin: settings.allowNoOrigin ?? file.allowNoOrigin,
  }
}
