import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import { analyticsRoutes } from './analytics.ts'
import type { Routes } from './handed-over.ts'
import { ipRuleRoutes } from './ip-rules.ts'
import { userRoutes } from './users.ts'

/** Returns all functions that answer. */
export function createRoutes(installation: Installation): Routes {
  return {
    ...analyticsRoutes(installation),
    ...ipRuleRoutes(installation),
    ...userRoutes(installation),
  }
}
