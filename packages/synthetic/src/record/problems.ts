import codes from '../clinical-codes.json' with { type: 'json' }
import { sensitiveCodes } from '../sensitive-codes.ts'
import {
  businessIdentifier,
  careConnectExtension,
  type Extension,
  nhsCodeSystem,
  profiled,
  referTo,
  type Stu3Resource,
  sct
} from '../stu3.ts'
import { type Draft, holds, pastDay, suitable, surgeryTime } from './draft.ts'
import { secondaryList } from './linked-lists.ts'
import { type Occasion, observationOf } from './observations.ts'

interface ProblemRow {
  readonly code: string
  readonly display: string
  readonly significance: string
}

interface Context extends Occasion {
  /** Taken in advance, so that a consultation's topic can name the problem before it is written. */
  readonly id?: string
  readonly related?: readonly Stu3Resource[]
}

/** @returns a problem that the person does not have yet; `undefined` when there is none left. */
export function findNewProblem(draft: Draft): ProblemRow | undefined {
  const left = suitable(draft, codes.problems).filter((row) => !holds(draft, 'Condition', row.code))
  return left.length === 0 ? undefined : draft.random.pick(left)
}

/**
 * A problem header: the Condition, the coded entry it was made of (`ActualProblem`), and links to what
 * belongs to it. Every third problem also names an earlier one as its parent.
 *
 * @see https://developer.nhs.uk/apis/gpconnect-1-6-2/accessrecord_structured_development_problems_guidance.html
 */
export function addProblem(draft: Draft, row: ProblemRow, context: Context = {}): Stu3Resource {
  const { id = draft.newId(), encounter, related = [] } = context
  const at = context.at ?? surgeryTime(draft, pastDay(draft))
  const occasion = { at, ...(encounter && { encounter }) }
  const actual = draft.add(observationOf(draft, row, occasion), 'uncategorised')
  const earlier = draft.entries.filter(({ resourceType }) => resourceType === 'Condition')
  const parent = earlier.length > 0 && draft.random.chance(1 / 3) ? draft.random.pick(earlier) : undefined
  const content = [...(encounter ? [encounter] : []), ...related]
  for (const item of [actual, ...content]) draft.link(secondaryList('problems', item), item)
  const active = draft.random.chance(0.7)
  return draft.add(
    {
      resourceType: 'Condition',
      id,
      meta: profiled('CareConnect-GPC-ProblemHeader-Condition-1'),
      extension: linksOf(row, actual, content, parent),
      identifier: businessIdentifier(id),
      clinicalStatus: active ? 'active' : 'inactive',
      category: [
        { coding: [{ system: nhsCodeSystem('CareConnect-ConditionCategory-1'), code: 'problem-list-item' }] }
      ],
      code: sct(row),
      subject: referTo(draft.patient),
      ...(encounter && { context: referTo(encounter) }),
      onsetDateTime: at.slice(0, 10),
      ...(!active && { abatementDateTime: draft.asAt }),
      assertedDate: at,
      asserter: referTo(draft.random.pick(draft.staff.doctors).practitioner)
    },
    'problems'
  )
}

function linksOf(
  row: ProblemRow,
  actual: Stu3Resource,
  content: readonly Stu3Resource[],
  parent: Stu3Resource | undefined
): Extension[] {
  const link = (name: string, item: Stu3Resource) => ({
    url: careConnectExtension(name),
    valueReference: referTo(item)
  })
  const parentLink = parent && {
    url: careConnectExtension('RelatedProblemHeader'),
    extension: [
      { url: 'type', valueCode: 'parent' },
      { url: 'target', valueReference: referTo(parent) }
    ]
  }
  return [
    link('ActualProblem', actual),
    ...content.map((item) => link('RelatedClinicalContent', item)),
    ...(parentLink ? [parentLink] : []),
    { url: careConnectExtension('ProblemSignificance'), valueCode: row.significance }
  ]
}

/** Two items that the table of sensitive codes calls safeguarding: a problem and an entry of its own. */
export function addSafeguardingItems(draft: Draft): void {
  const rows = sensitiveCodes.filter(({ label }) => label === 'safeguarding')
  const [entry, problem] = rows as [(typeof rows)[number], (typeof rows)[number]]
  draft.add(
    { ...observationOf(draft, entry, {}), comment: 'Agreed to a referral. Do not mention by telephone.' },
    'uncategorised'
  )
  addProblem(draft, { ...problem, significance: 'major' })
}
