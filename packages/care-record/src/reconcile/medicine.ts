import { chesil, type MedicationStatement, type Resource } from '@chesil/fhir'
import { type Dose, doseOf } from './dose.ts'
import type { Aspect, Kind, Lookup } from './kind.ts'
import { isSameProduct, type Product, productOf } from './product.ts'
import { undated, type When, whenOf } from './when.ts'

interface Facts {
  readonly product: Product
  readonly state: 'active' | 'on-hold' | 'ended' | undefined
  readonly status: string
  readonly dose: Dose | undefined
  /** ms since 1970, the end exclusive; absent where no day is told. */
  readonly course: { readonly low: number; readonly high: number } | undefined
  readonly vagueness: number
}

/**
 * One product (strength, form, release, and brand where it is told) in overlapping time. Two lines of one source are two
 * medicines: doses are reduced that way.
 */
export const medicines: Kind<MedicationStatement, Facts> = {
  types: ['MedicationStatement'],
  joinsWithinSource: false,
  read(statement, lookup) {
    const product = productOf(conceptOf(statement, lookup))
    if (!product || statement.status === 'entered-in-error') return undefined
    const state = stateOf(statement)
    const dates = datesOf(statement)
    return {
      product,
      state,
      // What has run out keeps the status its practice left it with.
      status: state === 'ended' && statement.status === 'active' ? 'past' : statement.status,
      dose: doseOf(statement.dosage),
      course: courseOf(dates, state),
      vagueness: (dates.start ?? dates.end ?? dates.asserted)?.vagueness ?? undated
    }
  },
  blocks: ({ product }) => [...product.ids],
  vagueness: ({ vagueness }) => vagueness,
  judge(a, b) {
    if (!isSameProduct(a.product, b.product) || !mayBeOneCourse(a, b)) return 'different'
    return a.state === b.state && a.dose !== undefined && a.dose.value === b.dose?.value ? 'alike' : 'same'
  },
  rank: ({ state }) => [state === 'active' ? 0 : state === 'on-hold' ? 1 : state === undefined ? 2 : 3],
  aspects({ state, status, dose }) {
    const aspects: Aspect[] = []
    if (state) aspects.push({ kind: 'status', value: state, words: status })
    if (dose) aspects.push({ kind: 'dose', ...dose })
    return aspects
  }
}

function conceptOf(statement: MedicationStatement, lookup: Lookup) {
  const { medicationCodeableConcept: concept, medicationReference: reference } = statement
  if (concept) return concept
  const local = reference?.reference?.startsWith('#') ? reference.reference.slice(1) : undefined
  const found: Resource | undefined =
    local === undefined ? lookup.find(reference) : statement.contained?.find(({ id }) => id === local)
  return found?.resourceType === 'Medication' ? found.code : undefined
}

/** What a practice calls past is over, whatever status it left. */
function stateOf({ status, extension }: MedicationStatement): Facts['state'] {
  const currency = extension?.find(({ url }) => url === chesil.medicineCurrency)?.valueCode
  if (status === 'on-hold') return 'on-hold'
  if (status === 'stopped' || status === 'completed' || status === 'not-taken' || currency === 'past')
    return 'ended'
  return status === 'active' || status === 'intended' || currency === 'current' ? 'active' : undefined
}

const datesOf = ({ effectivePeriod, effectiveDateTime, dateAsserted }: MedicationStatement) => ({
  start: whenOf(effectivePeriod?.start ?? effectiveDateTime),
  end: whenOf(effectivePeriod?.end),
  asserted: whenOf(dateAsserted)
})

/** What is active goes on; what has ended without a day had ended when that was said. */
function courseOf(
  { start, end, asserted }: Readonly<Record<'start' | 'end' | 'asserted', When | undefined>>,
  state: Facts['state']
): Facts['course'] {
  const first = start ?? asserted
  if (!first && !end) return undefined
  const low = first && (!end || first.low < end.high) ? first.low : Number.NEGATIVE_INFINITY
  if (end) return { low, high: end.high }
  const isOver = state === 'ended'
  return { low, high: isOver ? Math.max(first?.high ?? 0, asserted?.high ?? 0) : Number.POSITIVE_INFINITY }
}

/** Without a day only what both say is active can be told to be one course. */
function mayBeOneCourse(a: Facts, b: Facts): boolean {
  if (a.state === 'active' && b.state === 'active') return true
  return (
    a.course !== undefined &&
    b.course !== undefined &&
    a.course.low < b.course.high &&
    b.course.low < a.course.high
  )
}
