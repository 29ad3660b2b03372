/**
 * JSON Merge Patch (RFC 7396). The members are those of a body that has passed its schema; the schema
 * of the result decides what may be removed.
 */

type Members = { [name: string]: unknown }

/** Returns the target with the patch applied; neither is changed. Null removes a member. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMembers(patch)) return patch
  const merged: Members = Object.assign(Object.create(null), isMembers(target) ? target : {})
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  // Without a prototype during the merge, so that no name in a patch means more than itself.
  return Object.fromEntries(Object.entries(merged))
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
