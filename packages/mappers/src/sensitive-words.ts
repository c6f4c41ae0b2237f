import { type Coding, chesil, type Resource } from '@chesil/fhir'
import { isDenial } from './denial.ts'

/** Security labels that the words of an item call for; see docs/fhir.md. */
export type SensitiveLabel = 'safeguarding' | 'home-warning' | 'substance-misuse' | 'asylum' | 'prison'

const displays: Readonly<Record<SensitiveLabel, string>> = {
  safeguarding: 'Safeguarding',
  'home-warning': 'Warning about the person’s home',
  'substance-misuse': 'Substance misuse',
  asylum: 'Asylum',
  prison: 'Prison'
}

/**
 * What is said in free text and in lists of the councils' own, one idea each. They rather take too much: whoever works
 * with the person sees it all the same. What the NHS writes every day (a drug chart, an alcohol wipe) is none of it.
 *
 * `\W{0,3}` stands for the spaces, hyphens and quotes that people put between two words.
 */
export const sensitiveWords: Readonly<Record<SensitiveLabel, readonly RegExp[]>> = {
  safeguarding: [
    /safe\W?guard/i,
    /\bchild\W{1,3}protection\b/i,
    /\blooked\W{1,3}after\W{1,3}child/i,
    /\bmarac\b/i,
    /\bdomestic\W{1,3}(?:abuse|violence)/i
  ],
  'home-warning': [
    // A dog that helps somebody is no warning.
    /(?<!\b(?:guide|assistance|hearing|therapy)\W{1,3})\bdogs?\b/i,
    /\b(?:two|2)\W{1,3}to\W{1,3}visit\b/i,
    /\bdouble\W{0,3}up\b/i,
    /\b(?:do not|don\W?t|never|not to)\W{1,3}(?:be\W{1,3})?visit(?:ed)?\b[^.]{0,40}\balone\b/i,
    /\bvisit(?:s|ed|ing)?\b[^.]{0,40}\b(?:in pairs|in twos|two (?:people|workers|staff|carers))\b/i,
    /\b(?:two|2)\W{1,3}(?:people|workers|staff|carers)\b[^.]{0,40}\bvisit/i,
    /\blone\W{1,3}(?:work|visit)/i,
    /\bhome\W{1,3}warning\b/i,
    /\baggress/i,
    /\bviolen(?:t|ce)\b/i,
    /\bthreaten/i,
    /\b(?:weapon|firearm)s?\b/i
  ],
  'substance-misuse': [
    /\bdrugs?\b(?!\W{1,3}(?:chart|round|trolley|allerg|histor|reaction|interaction|regime))/i,
    /\balcohol(?!\W{0,3}(?:gel|hand|wipe|swab|free|rub))/i,
    /\bsubstances?\W{0,3}(?:mis\W?use|use|abuse|depend|rel)/i,
    /\bheroin\b/i,
    /\bcocaine\b/i,
    /\bcannabis\b/i,
    /\bmethadone\b/i,
    /\baddict/i
  ],
  asylum: [/\basylum\b/i, /\brefugees?\b/i, /\bno\W{1,3}recourse\W{1,3}to\W{1,3}public/i, /\bNRPF\b/i],
  prison: [
    /\bprison/i,
    /\bH\W?M\W?P\b/i,
    /\bHM\W?YOI\b/i,
    /(?<!\b(?:child|joint|sole)\W{1,3})\bcustod(?:y|ial)\b(?!\W{1,3}of\b[^.]{0,15}\b(?:child|son|daughter|grand|boy|girl|kid))/i,
    /\boffender/i,
    /\bdetention\W{1,3}centre\b/i,
    /\bprobation\b/i
  ]
}

const labels = Object.keys(sensitiveWords) as readonly SensitiveLabel[]

/** @returns each label that words call for, once; always in the same order. */
export const labelsOfWords = (text: string): readonly SensitiveLabel[] =>
  labels.filter((label) => sensitiveWords[label].some((pattern) => pattern.test(text)))

/** Each once, in the order of `labelsOfWords`. */
export const joinLabels = (...lists: readonly (readonly SensitiveLabel[])[]): readonly SensitiveLabel[] =>
  labels.filter((label) => lists.some((list) => list.includes(label)))

/** Names and numbers of a resource that nobody reads as words. */
const unread: ReadonlySet<string> = new Set([
  ...['id', 'meta', 'resourceType', 'reference', 'system', 'url', 'linkId', 'identifier', 'questionnaire']
])

/**
 * Everything that an element shows to a reader, a line each. A question that is answered with no says nothing: every
 * notice asks whether there are safeguarding concerns.
 */
export function wordsShownIn(element: unknown): readonly string[] {
  if (typeof element === 'string') return linesIn(element)
  if (Array.isArray(element)) return element.flatMap(wordsShownIn)
  if (typeof element !== 'object' || element === null || isDenied(element)) return []
  return Object.entries(element).flatMap(([name, value]) => (unread.has(name) ? [] : wordsShownIn(value)))
}

/** The labels that what an element shows calls for. */
export const labelsShownIn = (element: unknown): readonly SensitiveLabel[] =>
  joinLabels(...wordsShownIn(element).map(labelsOfWords))

/** An input of a Task, or an item of a QuestionnaireResponse with all beneath it. */
function isDenied(element: object): boolean {
  const isQuestion = 'linkId' in element || ('type' in element && answersIn(element).length > 0)
  return isQuestion && answersIn(element).every(isDenial)
}

function answersIn(element: object): readonly string[] {
  return Object.entries(element).flatMap(([name, value]) => {
    if (name === 'item' || name === 'answer') return [value].flat().flatMap(answersIn)
    if (!name.startsWith('value')) return []
    return typeof value === 'boolean' ? [value ? 'Yes' : 'No'] : wordsShownIn(value)
  })
}

const linesIn = (text: string): readonly string[] =>
  text
    .split(/<[^<>]*>/)
    .map((line) => line.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&'))

/** The item with the labels that what it shows calls for, beside those that it has. */
export function labelled<Type extends Resource>(resource: Type): Type {
  const known = resource.meta?.security ?? []
  const codes = new Set(known.map(({ code }) => code))
  const found = labelsShownIn(resource).filter((label) => !codes.has(label))
  if (found.length === 0) return resource
  return { ...resource, meta: { ...resource.meta, security: [...known, ...toSecurity(found)] } }
}

/** `meta.security` for labels. */
export const toSecurity = (found: readonly SensitiveLabel[]): Coding[] =>
  found.map((code) => ({ system: chesil.label, code, display: displays[code] }))
