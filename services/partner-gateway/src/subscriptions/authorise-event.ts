import {
  decideGate,
  isListedType,
  itemsOfTopic,
  labelItems,
  type SensitiveCodes,
  type Topic
} from '@chesil/care-record'
import type { NhsNumber } from '@chesil/fhir'
import {
  type Database,
  findAssertions,
  findDemographics,
  type PersonState,
  readChangedItems,
  readEveryIndex,
  readPersonState,
  requestTrace,
  systemIds
} from '@chesil/record-store'

export interface EventToTell {
  readonly subscriptionId: string
  readonly topic: Topic
  readonly patientId: string
  readonly version: number
  readonly cause: string
}

/**
 * - `told`: of whom, and which items; none of an event that is about more than a notification names
 * - `withheld`: it may not be told, and not why
 * - `later`: PDS has to be asked first
 */
export type Authorisation =
  | { readonly outcome: 'told'; readonly patientId: string; readonly items: readonly string[] }
  | { readonly outcome: 'withheld' | 'later' }

export interface AuthoriseDeps {
  readonly database: Database
  readonly sensitiveCodes: SensitiveCodes
  /** ms since 1970 */
  readonly now: () => number
}

const mostItems = 100

/**
 * Whether an event may be told now, whatever held when it came about: the person is the one whom the partner has named,
 * by number and birth date, their record is open, and something of the change bears no label.
 */
export async function authoriseEvent(event: EventToTell, deps: AuthoriseDeps): Promise<Authorisation> {
  const { database, now } = deps
  const person = await readPersonState(database, event.patientId, 'system')
  const gate = person ? decideGate(person, now()) : 'closed'
  if (!person || gate === 'closed') return { outcome: 'withheld' }
  const assertions = await findAssertions(database, event.subscriptionId, person.patientId)
  if (assertions.length === 0) return { outcome: 'withheld' }
  if (gate === 'trace') return await askPds(person, deps)
  const demographics = await findDemographics(database, person.patientId)
  if (!assertions.some(({ birthDate }) => birthDate === demographics?.birthDate))
    return { outcome: 'withheld' }
  const items = await tellableItems(event, person, deps)
  if (items.length === 0) return { outcome: 'withheld' }
  return { outcome: 'told', patientId: person.patientId, items: items.length > mostItems ? [] : items }
}

async function askPds({ nhsNumber }: PersonState, { database }: AuthoriseDeps): Promise<Authorisation> {
  if (nhsNumber === undefined) return { outcome: 'withheld' }
  await database.transaction((sql) => requestTrace(sql, nhsNumber as NhsNumber, systemIds))
  return { outcome: 'later' }
}

/** Of a change that only what is labelled has part in nothing is told: that there is such a thing is what labels hide. */
async function tellableItems(
  { topic, patientId, version, cause }: EventToTell,
  person: PersonState,
  { database, sensitiveCodes }: AuthoriseDeps
): Promise<readonly string[]> {
  const isMove = cause === 'merge' || cause === 'unmerge'
  const changed = itemsOfTopic(topic, await readChangedItems(database, patientId, version), { isMove })
  const listed = changed.filter(({ resourceType }) => isListedType(resourceType))
  if (listed.length === 0) return []
  const everything = await readEveryIndex(database, person.patientId, 'system')
  const ofChange = listed.flatMap(({ key, before, now }) =>
    [before, now].flatMap((index) => (index ? [{ key, index }] : []))
  )
  const labels = labelItems([...everything, ...ofChange], sensitiveCodes)
  return listed.map(({ key }) => key).filter((key) => !labels.has(key))
}
