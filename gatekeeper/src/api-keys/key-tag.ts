/** The most tags of a key. */
export const tagsMax = 50

/** The form of a list of tags, as the end of a sentence. */
export const tagForm = `at most ${tagsMax} tags such as "env=prod" or "laptop"`

/**
 * Returns whether the text is a tag: `NAME` or `NAME=VALUE`, without commas, which separate tags.
 */
export function isTag(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._-]{0,49}(?:=[^\p{Cc}\p{Cf},]{1,100})?$/u.test(text)
}

/** Returns whether one of the tags matches: `env` matches every value of that name. */
export function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((tag) => tag === wanted || tag.startsWith(`${wanted}=`))
}
