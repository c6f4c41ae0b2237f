import type { Resource } from '@chesil/fhir'
import { allergies } from './allergy.ts'
import { careServices } from './care-service.ts'
import { conditions } from './condition.ts'
import { reports } from './diagnostic-report.ts'
import { documents } from './document.ts'
import { encounters } from './encounter.ts'
import { immunizations } from './immunization.ts'
import type { GroupableItem, ItemGroup, Reconciled } from './item-group.ts'
import { joinEntries } from './join-entries.ts'
import type { Entry, Kind, Lookup } from './kind.ts'
import { medicines } from './medicine.ts'
import { observations } from './observation.ts'
import { locations, organisations, practitioners, relatives, roles } from './people.ts'
import { personConflicts } from './person-conflicts.ts'
import { procedures } from './procedure.ts'
import { toGroup } from './to-group.ts'

/**
 * Which of one person's items are one real-world thing, as several sources tell it, and where they contradict
 * each other. The items stay what they are. The same items give the same groups in any order; docs/reconciling.md
 * has the rules.
 *
 * @param items Of one person. What they refer to is looked up among them.
 * @returns every item in exactly one group, in the order of the leads.
 */
export function reconcile(items: readonly GroupableItem[]): Reconciled {
  const sorted = items.toSorted((a, b) => compareText(a.key, b.key))
  const byKey = new Map(sorted.map(({ key, resource }) => [key, resource]))
  const lookup: Lookup = { find: (reference) => byKey.get(reference?.reference ?? '') }
  const byType = Map.groupBy(sorted, ({ resource }) => resource.resourceType)
  const groups = groupings.flatMap((group) => group(byType, lookup))
  const grouped = new Set(groups.flatMap(({ members }) => members.map(({ key }) => key)))
  const alone = sorted.filter(({ key }) => !grouped.has(key)).map(aloneOf)
  return {
    groups: [...groups, ...alone].sort((a, b) => compareText(a.lead, b.lead)),
    conflicts: personConflicts(sorted)
  }
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const noRules = { rank: () => [], aspects: () => [] }
const aloneOf = (item: GroupableItem): ItemGroup => toGroup([{ item, facts: undefined }], noRules)

type ByType = ReadonlyMap<string, readonly GroupableItem[]>
type Grouping = (byType: ByType, lookup: Lookup) => readonly ItemGroup[]

const groupings: readonly Grouping[] = [
  groupingOf(allergies),
  groupMedicines,
  groupingOf(conditions),
  groupingOf(observations),
  groupingOf(reports),
  groupingOf(immunizations),
  groupingOf(procedures),
  groupingOf(encounters),
  groupingOf(documents),
  groupingOf(practitioners),
  groupingOf(organisations),
  groupingOf(locations),
  groupingOf(roles),
  groupingOf(relatives),
  groupingOf(careServices)
]

/** Types of which two items can be one thing, or that tell of the person as a whole or of another item. */
export const reconciledTypes: ReadonlySet<string> = new Set([
  'AllergyIntolerance',
  'MedicationStatement',
  'MedicationRequest',
  'Medication',
  'Condition',
  'Observation',
  'DiagnosticReport',
  'Immunization',
  'Procedure',
  'Encounter',
  'DocumentReference',
  'Binary',
  'Practitioner',
  'Organization',
  'Location',
  'PractitionerRole',
  'RelatedPerson',
  ...careServices.types,
  'Patient',
  'Flag',
  'CarePlan',
  'Consent',
  'QuestionnaireResponse'
])

function groupingOf<Type extends Resource, Facts>(kind: Kind<Type, Facts>): Grouping {
  return (byType, lookup) =>
    joinEntries(entriesOf(kind, byType, lookup), kind).map((entries) => toGroup(entries, kind))
}

function entriesOf<Type extends Resource, Facts>(
  { types, read }: Kind<Type, Facts>,
  byType: ByType,
  lookup: Lookup
): readonly Entry<Facts>[] {
  return types
    .flatMap((type) => byType.get(type) ?? [])
    .flatMap((item) => {
      const facts = read(item.resource as Type, lookup)
      return facts === undefined ? [] : [{ item, facts }]
    })
}

/** A plan belongs to the medicine that names it; one that medicines of several groups name belongs to none. */
function groupMedicines(byType: ByType, lookup: Lookup): readonly ItemGroup[] {
  const statements = byType.get('MedicationStatement') ?? []
  const joined = joinEntries(entriesOf(medicines, byType, lookup), medicines)
  const known = new Set(joined.flat().map(({ item }) => item))
  const clusters = [
    ...joined.map((entries) => ({ items: entries.map(({ item }) => item), entries })),
    ...statements.filter((item) => !known.has(item)).map((item) => ({ items: [item], entries: undefined }))
  ]
  const claims = clusters.map(({ items }) => new Set(items.flatMap(plansOf)))
  const claimed = Map.groupBy(
    claims.flatMap((keys) => [...keys]),
    (key) => key
  )
  const plans = (byType.get('MedicationRequest') ?? []).filter(
    ({ key, resource }) =>
      resource.resourceType === 'MedicationRequest' &&
      resource.intent === 'plan' &&
      claimed.get(key)?.length === 1
  )
  return clusters.map(({ items, entries }, at) => {
    const own = plans.filter(({ key }) => claims[at]?.has(key)).map((item) => ({ item, facts: undefined }))
    return entries
      ? toGroup(entries, medicines, own)
      : toGroup(
          items.map((item) => ({ item, facts: undefined })),
          noRules,
          own
        )
  })
}

const plansOf = ({ resource }: GroupableItem): readonly string[] =>
  resource.resourceType === 'MedicationStatement'
    ? (resource.basedOn ?? []).flatMap(({ reference }) => reference ?? [])
    : []
