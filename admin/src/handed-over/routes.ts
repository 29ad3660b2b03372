import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import { analyticsRoutes } from './analytics.ts'
import { auditLogRoutes } from './audit-logs.ts'
import type { Routes } from './handed-over.ts'
import { ipRuleRoutes } from './ip-rules.ts'
import { splitKeyRoutes } from './split-keys.ts'
import { userRoutes } from './users.ts'

/** Returns all functions that answer. */
export function createRoutes(installation: Installation): Routes {
  return {
    ...analyticsRoutes(installation),
    ...auditLogRoutes(installation),
    ...ipRuleRoutes(installation),
    ...splitKeyRoutes(installation),
    ...userRoutes(installation),
  }
}
