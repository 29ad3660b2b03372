/**
 * Makes a refusal concrete for its caller: the sentence that names the member, the field or the
 * amount, and the name itself for dialects with a place for it (`error.param`). It is public: it
 * never contains a value that may be a credential.
 */
export type Detail = { readonly text: string; readonly param: string | null }
