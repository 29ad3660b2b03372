import { type Found, withoutOverlaps } from './finding.ts'
import { type Folded, foldText, placeOf, replaceFolded } from './folding.ts'

export const injectionTypes = [
  'instruction_hijacking',
  'role_confusion',
  'context_smuggling',
  'delimiter_injection',
  'encoded',
] as const
export type InjectionType = (typeof injectionTypes)[number]

type Row = { readonly type: InjectionType; readonly weight: number; readonly form: RegExp }

const row = (type: InjectionType, weight: number, form: RegExp): Row => ({ type, weight, form })

/** Texts of this weight and more are findings. */
const threshold = 2

const forget =
  '(?:ignore|disregard|forget|skip|bypass|override|neglect|overlook|discard|dismiss|pay no attention to|do not (?:follow|obey)|stop following)'
const former =
  '(?:previous|prior|preceding|above|earlier|foregoing|initial|original|existing|old|system|your|the|those|these|any|all)'
const rules =
  '(?:instructions?|prompts?|rules?|guidelines?|directions?|directives?|commands?|orders?|constraints?|restrictions?|programming|training|context|conversation|messages?|filters?|policies|policy|text)'

/** Patterns over a folded text in one line: lower case, blanks as one. Their repetitions are bounded. */
const rows: readonly Row[] = [
  row(
    'instruction_hijacking',
    2,
    new RegExp(`\\b${forget} (?:\\w{1,12} ){0,3}${former} (?:\\w{1,14} ){0,3}${rules}`, 'g'),
  ),
  row(
    'instruction_hijacking',
    2,
    /\b(?:forget|ignore|disregard) (?:everything|all|anything|what)(?: that)? (?:\w{1,10} ){0,2}(?:above|before|previously|said|told|told you|so far|learned|know|were told)/g,
  ),
  row(
    'instruction_hijacking',
    2,
    /\b(?:vergiss|ignoriere?|missachte) (?:\w{1,10} ){0,3}(?:anweisungen|befehle|regeln|vorgaben|instruktionen)/g,
  ),
  row(
    'instruction_hijacking',
    2,
    /\b(?:olvida|ignora|omite|oublie|ignore[zr]?) (?:\w{1,10} ){0,4}(?:instrucciones|instructions|consignes|reglas|regles|anteriores|precedentes)/g,
  ),
  row(
    'instruction_hijacking',
    1,
    /\b(?:new|updated|revised|real|actual|true|important) (?:instructions?|task|rules?|objective|goal|directive)s? ?:/g,
  ),
  row(
    'instruction_hijacking',
    1,
    /\b(?:from now on|starting now|henceforth|for the rest of (?:this|our) (?:conversation|chat)),? (?:you|your|respond|answer|act|always|never)\b/g,
  ),
  row(
    'instruction_hijacking',
    2,
    /\b(?:reveal|show|print|repeat|output|display|tell me|give me|write out|leak|return|summari[sz]e|what (?:is|are|was|were)) (?:\w{1,12} ){0,4}(?:(?:system|initial|hidden|secret|original|developer) (?:prompt|instructions?|message|rules)|your (?:\w{1,10} )?(?:prompt|instructions))/g,
  ),
  row(
    'instruction_hijacking',
    2,
    /\b(?:repeat|print|output|say) (?:\w{1,10} ){0,3}(?:everything|all (?:the )?(?:text|words)|the (?:text|words|sentences?)) (?:above|before)/g,
  ),
  row(
    'role_confusion',
    2,
    /\byou are (?:now |going to be )?(?:\w{1,12} ){0,3}(?:dan|stan|dude|aim|evil|jailbroken|unrestricted|unfiltered|uncensored|developer mode|unlimited)\b/g,
  ),
  row(
    'role_confusion',
    2,
    /\b(?:do anything now|jailbreak(?:ed)? mode|developer mode (?:enabled|on|output)|god ?mode|dan mode|opposite mode|evil (?:confidant|mode)|sudo mode|jailbreak(?:ing)? (?:you|the|this|prompt))\b/g,
  ),
  row(
    'role_confusion',
    1,
    /\b(?:act|behave|respond|answer|roleplay|role-play|pretend|play|simulate|imagine|portray|impersonate)(?:ing)? (?:as|like|to be|you are|you're|that you|being|the role of|a character)\b/g,
  ),
  row(
    'role_confusion',
    1,
    /\b(?:you are|you're|you will be|you'll be|you must act as) (?:now )?(?:no longer|not) (?:\w{1,10} ){0,3}(?:bound|restricted|limited|an? (?:ai|assistant|language model))/g,
  ),
  row(
    'role_confusion',
    2,
    /\b(?:without|no|free (?:of|from)|ignore|ignoring|bypass(?:ing)?|not bound by|unbound by|break (?:free|out)(?: of| from)?|remove) (?:\w{1,12} ){0,3}(?:restrictions?|limitations?|censorship|filters?|ethical|ethics|moral(?:s|ity)?|guidelines|safety|content polic(?:y|ies)|openai(?:'s)? (?:policy|policies|rules)|guardrails)/g,
  ),
  row(
    'role_confusion',
    1,
    /\b(?:amoral|immoral|unethical|uncensored|unfiltered|no moral|unrestricted|hypothetical(?:ly)?|fictional (?:story|world|character)|stay in character|in character)\b/g,
  ),
  row(
    'role_confusion',
    1,
    /\b(?:never (?:refuse|decline|say (?:no|sorry|that you (?:can|can't)))|(?:can|will) not refuse|must (?:comply|obey|answer (?:every|any|all))|obey (?:me|all|every)|no matter (?:how|what)|regardless of (?:\w{1,10} ){0,3}(?:ethic|legal|moral|consequence))/g,
  ),
  row(
    'context_smuggling',
    2,
    /\b(?:end of|this concludes|here ends) (?:the )?(?:system|user|document|context|input|conversation|instructions?|email|article|prompt)\b[^a-z]{0,12}(?:new|begin|start|now|system|user|additional|important)/g,
  ),
  row(
    'context_smuggling',
    2,
    /\b(?:note|message|instructions?|attention|important|warning|reminder|hint)s?(?: message)? (?:to|for) (?:the |any |all )?(?:ai|llms?|assistant|language models?|chatbots?|model|bots?|agents?|gpt|claude|gemini)\b/g,
  ),
  row(
    'context_smuggling',
    2,
    /\b(?:when|if|while) (?:you|the (?:ai|assistant|model|llm)) (?:are |is )?(?:read|reads|reading|see|sees|process|processing|summari[sz]e|summari[sz]ing|parse|parsing) (?:this|the following)\b[^.]{0,60}\b(?:must|should|instead|ignore|do not|always|send|include|say|tell|recommend)/g,
  ),
  row(
    'context_smuggling',
    2,
    /\b(?:do not|don't|never) (?:tell|inform|mention|reveal|let|notify|alert|say) (?:\w{1,10} ){0,3}(?:to )?(?:the )?(?:user|human|anyone|owner|recipient)\b/g,
  ),
  row(
    'context_smuggling',
    1,
    /\b(?:send|forward|post|upload|exfiltrate|transmit|email|leak) (?:\w{1,12} ){0,8}(?:to )?(?:https?:\/\/|[\w.]{1,40}@|this (?:url|address|link|server|email)|attacker|the following (?:url|address|email))/g,
  ),
  row(
    'context_smuggling',
    1,
    /\b(?:instead|rather)(?: of (?:\w{1,12} ){1,6}|,? )(?:please )?(?:say|respond|reply|answer|output|write|print|return|tell|give|do|execute|perform)\b/g,
  ),
  row(
    'delimiter_injection',
    2,
    /<\|?\/?(?:im_start|im_end|system|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|sys|inst)\|?>|\[\/?(?:inst|sys|system)\]|<<\/?sys>>|<(?:start|end)_of_turn>/g,
  ),
  row('delimiter_injection', 1, /"role" ?: ?"(?:system|developer)"/g),
]

/** Patterns of a line, over a folded text that keeps its lines. */
const lineRows: readonly Row[] = [
  row(
    'delimiter_injection',
    2,
    /^ ?(?:#{1,4} ?|\*\*|---+ ?|={3,} ?|\[)(?:system|assistant|instruction|new instructions?|admin|developer)(?: (?:prompt|message|note|override))?(?:\*\*|\]|:|#|=|-)/gm,
  ),
  row('delimiter_injection', 1, /^ ?(?:system|assistant|developer) ?: ?\S/gm),
]

/** A base64 text of at least 24 characters; longer ones are decoded in part. */
const base64 = /[A-Za-z0-9+/]{24,8192}={0,2}/g
const decodedMax = 8

/**
 * Finds attempts to take over a model: weighted patterns, over the folded text, over the text with its
 * spaced letters joined, and over one decoding of base64. Patterns find a part of such texts only.
 */
export function findInjections(original: string): Found<InjectionType>[] {
  const found = [...findIn(foldText(original)), ...findEncoded(original)]
  return withoutOverlaps(found)
}

function findIn(folded: Folded): Found<InjectionType>[] {
  const joined = joinSpacedLetters(folded)
  const matches = [
    ...matchesIn(spacesAsOne(folded), rows),
    ...(joined === folded ? [] : matchesIn(spacesAsOne(joined), rows)),
    ...matchesIn(linesAsOne(folded), lineRows),
  ]
  // A pattern counts once, so that a long text is not an attack because it is long.
  const weights = new Map(matches.map(({ row: { form, weight } }) => [form, weight]))
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0)
  if (total < threshold) return []
  const confidence = Math.min(1, 0.4 + total / 10)
  return matches.map(({ row: { type }, start, end }) => ({ type, start, end, confidence }))
}

const matchesIn = (folded: Folded, of: readonly Row[]) =>
  of.flatMap((row) =>
    [...folded.text.matchAll(row.form)].map((match) => {
      const place = placeOf(folded, match.index, match.index + match[0].length)
      return { row, start: place.start, end: place.end }
    }),
  )

/** Blanks and line ends of any kind and number become one blank. */
const spacesAsOne = (folded: Folded) => replaceFolded(folded, /\s{2,}|[^\S ]/g, () => ' ')

/** The same, where a line end stays one. */
const linesAsOne = (folded: Folded) =>
  replaceFolded(folded, /\s{2,}|[^\S \n]/g, (match) => (match.includes('\n') ? '\n' : ' '))

/** `i g n o r e   a l l` becomes `ignore   all`: single letters with one sign between them. */
function joinSpacedLetters(folded: Folded): Folded {
  if (!/(?:\b\w[ ._-]){6}/.test(folded.text)) return folded
  return replaceFolded(folded, /(?<=\b\w)[ ._-](?=\w\b)/g, () => '')
}

function findEncoded(original: string): Found<'encoded'>[] {
  return [...original.matchAll(base64)].slice(0, decodedMax).flatMap(({ 0: match, index }) => {
    const decoded = decode(match)
    if (decoded === null || findIn(foldText(decoded)).length === 0) return []
    return [{ type: 'encoded' as const, start: index, end: index + match.length, confidence: 0.9 }]
  })
}

/** Returns the text if it is one; most long words are no base64. */
function decode(text: string): string | null {
  const whole = text.replace(/=+$/, '')
  const cut = whole.slice(0, whole.length - (whole.length % 4))
  try {
    const decoded = atob(cut)
    return /[^\t\n\r -~]/.test(decoded) ? null : decoded
  } catch {
    return null
  }
}
