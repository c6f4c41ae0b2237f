import { itemTags, type Section } from '@chesil/contracts'
import { type CodeableConcept, type Coding, chesil, type List, type Resource, systems } from '@chesil/fhir'

/** `whole`: of the section there is nothing known; `part`: of a part of it, as of drug allergies. */
export interface NilStatement {
  readonly section: Section
  readonly reach: 'whole' | 'part'
}

/**
 * SNOMED CT codes that say “none”, as IPS recommends them, and children of 716186003.
 *
 * @see https://hl7.org/fhir/uv/ips/ValueSet-absent-or-unknown-snomed-uv-ips.html
 */
const nilCodes: ReadonlyMap<string, NilStatement> = new Map([
  ['716186003', { section: 'allergies', reach: 'whole' }],
  ['409137002', { section: 'allergies', reach: 'part' }], // drugs
  ['428607008', { section: 'allergies', reach: 'part' }], // environmental
  ['429625007', { section: 'allergies', reach: 'part' }], // food
  ['428197003', { section: 'allergies', reach: 'part' }], // insects
  ['716220001', { section: 'allergies', reach: 'part' }], // animals
  ['716184000', { section: 'allergies', reach: 'part' }], // latex
  ['787481004', { section: 'medications', reach: 'whole' }],
  ['160245001', { section: 'problems', reach: 'whole' }],
  ['787480003', { section: 'procedures', reach: 'whole' }],
  ['787482006', { section: 'immunisations', reach: 'whole' }]
])

const ipsCodes: ReadonlyMap<string, NilStatement> = new Map([
  ['no-known-allergies', { section: 'allergies', reach: 'whole' }],
  ['no-known-medication-allergies', { section: 'allergies', reach: 'part' }],
  ['no-known-environmental-allergies', { section: 'allergies', reach: 'part' }],
  ['no-known-food-allergies', { section: 'allergies', reach: 'part' }],
  ['no-known-medications', { section: 'medications', reach: 'whole' }],
  ['no-known-problems', { section: 'problems', reach: 'whole' }],
  ['no-known-procedures', { section: 'procedures', reach: 'whole' }],
  ['no-known-immunizations', { section: 'immunisations', reach: 'whole' }]
])

/** The codes by which GP Connect names the list of a section. */
const lists: ReadonlyMap<string, Section> = new Map([
  ['886921000000105', 'allergies'],
  ['933361000000108', 'medications'],
  ['717711000000103', 'problems'],
  ['1102181000000102', 'immunisations']
])

/**
 * Whether a resource states that there is nothing of its kind: a code for “no known …” in an item of the right
 * type, or the list of a section whose `emptyReason` is `nilknown`. That a list holds nothing, as GP Connect's
 * “no content recorded”, states no such thing.
 *
 * @returns `undefined` for whatever states something else, or is refuted, over or unreadable.
 */
export function findNilStatement(resource: Resource): NilStatement | undefined {
  if (isMarked(resource, itemTags.degraded.code) || isOver(resource)) return undefined
  if (resource.resourceType === 'List') return nilList(resource)
  const named = conceptOf(resource)
  const found = named?.codings.flatMap(({ system, code }) => tables.get(system ?? '')?.get(code ?? '') ?? [])
  // A second SNOMED code that says something else leaves open what is meant.
  const isPlain = named?.codings.every(
    ({ system, code = '' }) => system !== systems.snomed || nilCodes.has(code)
  )
  if (!named || !found || !isPlain || !found.every(({ section }) => section === named.section))
    return undefined
  // Words of its own that name something are not said by the code.
  if (!wordsBeside(named).every(saysNone) || saysMore(resource)) return undefined
  return found.find(({ reach }) => reach === 'part') ?? found[0]
}

const tables: ReadonlyMap<string, ReadonlyMap<string, NilStatement>> = new Map([
  [systems.snomed, nilCodes],
  [systems.ipsAbsentUnknown, ipsCodes],
  ['http://read.info/readv2', new Map([['1151.', { section: 'allergies', reach: 'whole' }]])]
])

interface Named {
  readonly section: Section
  readonly codings: readonly Coding[]
  readonly text?: string
}

/** Its text, and what stands beside its codes: a code of a table that we do not have says what its words say. */
const wordsBeside = ({ codings, text }: Named): readonly string[] => [
  ...(text === undefined ? [] : [text]),
  ...codings.flatMap(
    ({ system, code, display }) => display ?? (tables.get(system ?? '')?.has(code ?? '') ? [] : ['?'])
  )
]

/** “No known allergies”, “Nil”, “NKDA”: says so, and names nothing. */
const saysNone = (text: string): boolean => {
  const words = text.toLowerCase().match(/[\p{L}\p{N}?]+/gu) ?? []
  return (
    words.some((word) => negations.has(word)) &&
    words.every((word) => negations.has(word) || fillers.has(word))
  )
}

const negations: ReadonlySet<string> = new Set([
  'no',
  'nil',
  'none',
  'not',
  'without',
  'denies',
  'denied',
  'nka',
  'nkda'
])
const fillers: ReadonlySet<string> = new Set(
  `a an any and or of to the on in is are has have been be patient known current currently past previous previously significant
   relevant history hx recorded reported noted identified taking taken prescribed given situation finding disorder context
   allergy allergies allergic adverse reaction reactions sensitivity sensitivities intolerance intolerances drug drugs
   medication medications medicine medicines regular repeat food foods environmental environment insect insects animal animals
   latex substance substances problem problems condition conditions diagnosis diagnoses medical surgical procedure procedures
   operation operations surgery immunisation immunisations immunization immunizations vaccination vaccinations vaccine vaccines`.split(
    /\s+/
  )
)

/** What beside its code tells of something: a reaction, how grave it is, a note, an end. */
function saysMore(resource: Resource): boolean {
  const { reaction, criticality, note, effectivePeriod, abatementDateTime } = resource as {
    reaction?: readonly unknown[]
    criticality?: string
    note?: readonly unknown[]
    effectivePeriod?: { readonly end?: string }
    abatementDateTime?: string
  }
  const isGrave = criticality !== undefined && criticality !== 'unable-to-assess'
  const isEnded = effectivePeriod?.end !== undefined || abatementDateTime !== undefined
  return isGrave || isEnded || (reaction?.length ?? 0) > 0 || (note?.length ?? 0) > 0
}

function nilList({ status, code, emptyReason, entry = [] }: List): NilStatement | undefined {
  const isNil = emptyReason?.coding?.some(
    (coding) => coding.system === systems.listEmptyReason && coding.code === 'nilknown'
  )
  if (!isNil || entry.length > 0 || status !== 'current') return undefined
  const [section] = (code?.coding ?? []).flatMap((coding) => lists.get(coding.code ?? '') ?? [])
  return section && { section, reach: 'whole' }
}

/** What the resource is about, and the section of which it can say that there is nothing. */
function conceptOf(resource: Resource): Named | undefined {
  const of = (section: Section, concept: CodeableConcept | undefined) => ({
    section,
    codings: concept?.coding ?? [],
    ...(concept?.text !== undefined && { text: concept.text })
  })
  switch (resource.resourceType) {
    case 'AllergyIntolerance':
      return of('allergies', resource.code)
    case 'Condition':
      return of('problems', resource.code)
    case 'Procedure':
      return of('procedures', resource.code)
    case 'MedicationStatement':
      return of('medications', resource.medicationCodeableConcept)
    case 'Immunization':
      return of('immunisations', resource.vaccineCode)
    default:
      return undefined
  }
}

const over: ReadonlySet<string> = new Set([
  'resolved',
  'inactive',
  'remission',
  'refuted',
  'entered-in-error'
])
const untaken: ReadonlySet<string> = new Set(['entered-in-error', 'stopped', 'not-taken', 'retired'])

function isOver(resource: Resource): boolean {
  if (resource.resourceType === 'MedicationStatement' && resource.status === 'completed') return true
  const { clinicalStatus, verificationStatus, status } = resource as {
    clinicalStatus?: CodeableConcept
    verificationStatus?: CodeableConcept
    status?: string
  }
  const codes = [clinicalStatus, verificationStatus].flatMap((concept) => concept?.coding ?? [])
  return codes.some(({ code }) => over.has(code ?? '')) || untaken.has(status ?? '')
}

/** @param code One of `itemTags`. */
export const isMarked = ({ meta }: Resource, code: string): boolean =>
  meta?.tag?.some((tag) => tag.system === chesil.itemTag && tag.code === code) ?? false
