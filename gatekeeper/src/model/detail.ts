/**
 * What makes a refusal concrete for its caller: the sentence that names the member, the field or the
 * amount, and the name itself where the dialect has a place for it (`error.param`). It is public: a
 * value that may hold a credential never stands in it.
 */
export type Detail = { readonly text: string; readonly param: string | null }
