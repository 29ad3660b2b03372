/**
 * Text without control characters and line separators. The ranges are written out and have no flag:
 * the pattern stands in the OpenAPI document, whose readers do not all know `\p{Cc}`.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it refuses
export const oneLine = /^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$/
