import { partsOf, type Question } from './question.ts'
import headings from './tables/headings.json' with { type: 'json' }
import { toHeading } from './words.ts'

/** What becomes of a section; `kept`: it stays in the response alone. */
export type Role =
  | 'about-me'
  | 'alerts'
  | 'care-plan'
  | 'contingency-plan'
  | 'demographics'
  | 'kept'
  | 'personal-contacts'
  | 'professional-contacts'
  | 'risks'
  | 'safeguarding'
  | 'services'
  | 'support-plan'

/** The sections of PRSB's standards, by heading; a Map, so that a heading `constructor` is none. */
const roles: ReadonlyMap<string, Role> = new Map(
  Object.entries(headings.sections).map(([label, role]) => [toHeading(label), role as Role])
)

export const isSection = (heading: string): boolean => roles.has(heading)

/** The headings of About Me v2.01 in its order, each with its other spellings. */
export const aboutMeHeadings: readonly { readonly title: string; readonly headings: readonly string[] }[] =
  headings.aboutMe.map((titles) => ({ title: titles[0] ?? '', headings: titles.map(toHeading) }))

/** Of sections that no other standard has. */
export const hospitalHeadings: ReadonlySet<string> = new Set(headings.hospitalForCommunityCare.map(toHeading))

export interface Section {
  readonly role: Role
  readonly question: Question
}

/** The outermost sections: inside one a heading means something else (`Risks` stands in `Risks`). */
export const findSections = (questions: readonly Question[]): Section[] =>
  questions.flatMap((question): Section[] => {
    const role = roles.get(question.heading)
    return role === undefined ? findSections(partsOf(question)) : [{ role, question }]
  })
