import { aboutMeHeadings, hospitalHeadings, isSection } from './sections.ts'
import { toHeading, toLabel } from './words.ts'

/** PRSB's standards, as far as they are told apart; `other` is no less a person's answers. */
export type PrsbKind =
  | 'about-me'
  | 'core-information-standard'
  | 'local-authority-information'
  | 'hospital-for-community-care'
  | 'provenance'
  | 'other'

/** As a caller may be told; never the words of what was sent. */
export const kindNames: Readonly<Record<PrsbKind, string>> = {
  'about-me': 'About Me',
  'core-information-standard': 'the Core Information Standard',
  'local-authority-information': 'Local Authority Information',
  'hospital-for-community-care': 'Hospital Referral for Assessment for Community Care and Support',
  provenance: 'Provenance',
  other: 'no standard of PRSB that is known here'
}

/** Of the questionnaires that PRSB published in September 2025. */
const urls: ReadonlyMap<string, PrsbKind> = new Map([
  ['urn:uuid:d8e4aafc-3bb4-4ab6-866a-c0cecd3ca6fe', 'about-me'],
  ['urn:uuid:34262fa5-b661-4bc4-9efc-da2174087d74', 'core-information-standard']
])

const namePatterns: readonly (readonly [RegExp, PrsbKind])[] = [
  [/aboutme/, 'about-me'],
  [/coreinformation/, 'core-information-standard'],
  [/localauthorit/, 'local-authority-information'],
  [/hospital.*communitycare/, 'hospital-for-community-care'],
  [/provenance$/, 'provenance']
]

/**
 * @param names URLs, names and titles, the surest first.
 * @param headings Those of its sections, or of its outermost questions.
 */
export function kindOf(names: readonly (string | undefined)[], headings: readonly string[]): PrsbKind {
  return names.map(kindOfName).find((kind) => kind !== undefined) ?? kindOfHeadings(headings)
}

function kindOfName(name: string | undefined): PrsbKind | undefined {
  if (name === undefined) return undefined
  const bare = name.slice(0, longestName).replace(/\|[^|]*$/, '')
  // Whose server it is at says nothing of what it is.
  const letters = toHeading(toLabel(bare.replace(/^https?:\/\/[^/]*/i, '')))
  return urls.get(bare.toLowerCase()) ?? namePatterns.find(([pattern]) => pattern.test(letters))?.[1]
}

const longestName = 500

/** By what only one of the standards has; About Me is also a section of others. */
function kindOfHeadings(headings: readonly string[]): PrsbKind {
  const sections = new Set(headings.filter(isSection))
  const ofAboutMe = aboutMeHeadings.filter((one) =>
    one.headings.some((heading) => headings.includes(heading))
  )
  if (headings.includes('eventrecord')) return 'provenance'
  if (headings.some((heading) => hospitalHeadings.has(heading))) return 'hospital-for-community-care'
  if (sections.size > 1)
    return sections.has('localauthority') ? 'local-authority-information' : 'core-information-standard'
  return sections.has('aboutme') || ofAboutMe.length > 1 ? 'about-me' : 'other'
}
