/** How a tag of a key is written, as the end of a sentence. */
export const tagForm = 'tags such as "env=prod" or "laptop"'

/** Whether the text is a tag: `NAME` or `NAME=VALUE`, without commas, which separate tags. */
export function isTag(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9._-]{0,49}(?:=[^\p{Cc}\p{Cf},]{1,100})?$/u.test(text)
}

/** Whether a key with these tags is meant by one: `env` means every value of that name. */
export function hasTag(tags: readonly string[], wanted: string): boolean {
  return tags.some((tag) => tag === wanted || tag.startsWith(`${wanted}=`))
}
