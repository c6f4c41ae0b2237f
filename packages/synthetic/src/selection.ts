import { listTitle, otherProblems } from './record/linked-lists.ts'
import { nothingListed } from './record/lists.ts'
import { indexByName, referencesIn } from './references.ts'
import {
  endedAllergies,
  findListCode,
  findSection,
  primaryLists,
  type StructuredSection
} from './sections.ts'
import { concept, nameOf, referTo, type Stu3Bundle, type Stu3Resource, secondaryListSystem } from './stu3.ts'

export interface SectionRequest {
  readonly section: StructuredSection
  /** Whether ended allergies are wanted too; default yes. */
  readonly ended?: boolean
  /** Whether each prescription issued is wanted too; default yes. */
  readonly issues?: boolean
  /** Chooses among the items that the section's list names; default all. */
  readonly choose?: Choice
}

/** @param find The item of a name, e.g. the plan that a statement is based on. */
export type Choice = (
  items: readonly Stu3Resource[],
  find: (name: string) => Stu3Resource | undefined
) => readonly Stu3Resource[]

/**
 * What a practice answers when it is asked for some sections of a record: their lists, everything they
 * lead to, the structure of the consultations among it, and the secondary lists that say so. Unsupported
 * sections are told of when they are asked for.
 *
 * @param record All that the practice holds, as `structuredRecord` makes it.
 */
export function selectSections(record: Stu3Bundle, requests: readonly SectionRequest[]): Stu3Bundle {
  const resources = record.entry.map(({ resource }) => resource)
  const byName = indexByName(resources)
  const asked = new Map(requests.map((request) => [request.section, request]))
  const lists = resources.flatMap((resource) => chosenList(resource, byName, asked) ?? [])
  const reached = reachedFrom(resources, byName, { lists, asked })
  const others = otherProblemsOf(resources, { reached, asked })
  const chosen = new Map(lists.map((list) => [findListCode(list), list]))
  const kept = resources.flatMap((resource) => {
    if (resource.resourceType === 'OperationOutcome') return aboutSections(resource, asked) ?? []
    if (resource.id !== undefined) return reached.has(nameOf(resource)) ? resource : []
    return chosen.get(findListCode(resource)) ?? secondaryAmong(resource, { reached, asked }) ?? []
  })
  return { ...record, entry: [...kept, ...others].map((resource) => ({ resource })) }
}

type Asked = ReadonlyMap<StructuredSection, SectionRequest>
type Reached = ReadonlySet<string>

function chosenList(
  list: Stu3Resource,
  byName: ReadonlyMap<string, Stu3Resource>,
  asked: Asked
): Stu3Resource | undefined {
  const section = findSection(list)
  const request = section && asked.get(section)
  if (!request) return undefined
  if (findListCode(list) === endedAllergies.code) return request.ended === false ? undefined : list
  if (!request.choose || !list.entry) return list
  const items = list.entry.flatMap(({ item }) => byName.get(item.reference) ?? [])
  const entry = request.choose(items, (name) => byName.get(name)).map((item) => ({ item: referTo(item) }))
  if (entry.length > 0) return { ...list, entry }
  const { entry: _none, ...empty } = list
  return { ...empty, ...nothingListed }
}

/** Everything that the lists and the Patient lead to, forwards by reference and backwards where items belong together. */
function reachedFrom(
  resources: readonly Stu3Resource[],
  byName: ReadonlyMap<string, Stu3Resource>,
  { lists, asked }: { readonly lists: readonly Stu3Resource[]; readonly asked: Asked }
): Reached {
  const reached = new Set<string>()
  const waiting: Stu3Resource[] = resources.filter(({ resourceType }) => resourceType === 'Patient')
  const reach = (resource: Stu3Resource) => {
    if (reached.has(nameOf(resource))) return
    reached.add(nameOf(resource))
    waiting.push(resource)
  }
  for (const patient of waiting) reached.add(nameOf(patient))
  waiting.push(...lists)
  const visits = new Set(lists.filter((list) => findSection(list) === 'consultations').flatMap(referencesIn))
  const followers = followersByTarget(resources, { visits, issues: asked.get('medications')?.issues ?? true })
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const target of referencesIn(next)) {
      const resource = byName.get(target)
      if (resource) reach(resource)
    }
    for (const follower of followers.get(nameOf(next)) ?? []) reach(follower)
  }
  return reached
}

/** What comes with an item although the item does not name it: a plan's statement and orders, a visit's lists, a doctor's role. */
function followersByTarget(
  resources: readonly Stu3Resource[],
  { visits, issues }: { readonly visits: Reached; readonly issues: boolean }
): ReadonlyMap<string, readonly Stu3Resource[]> {
  const followers = new Map<string, Stu3Resource[]>()
  const follow = (target: string | undefined, resource: Stu3Resource) => {
    if (target !== undefined) followers.set(target, [...(followers.get(target) ?? []), resource])
  }
  for (const resource of resources) {
    const { resourceType, encounter, basedOn, intent } = resource
    if (resourceType === 'List' && encounter && visits.has(encounter.reference))
      follow(encounter.reference, resource)
    if (resourceType === 'PractitionerRole') follow(referencesIn(resource['practitioner'])[0], resource)
    if (resourceType.startsWith('Medication') && (issues || intent !== 'order'))
      follow(basedOn?.[0]?.reference, resource)
  }
  return followers
}

/** A secondary list, of what is in the answer; `undefined` when none of it is or its section was not asked for. */
function secondaryAmong(
  list: Stu3Resource,
  { reached, asked }: { readonly reached: Reached; readonly asked: Asked }
): Stu3Resource | undefined {
  const linking = findListCode(list)?.split('-')[0]
  if (linking !== 'consultations' && linking !== 'problems') return undefined
  const entry = list.entry?.filter(({ item }) => reached.has(item.reference)) ?? []
  return asked.has(linking) && entry.length > 0 ? { ...list, entry } : undefined
}

/** When problems come along that nobody asked for, a list says that they are not all of them. */
function otherProblemsOf(
  resources: readonly Stu3Resource[],
  { reached, asked }: { readonly reached: Reached; readonly asked: Asked }
): Stu3Resource[] {
  const problems = resources.filter(
    (resource) => resource.resourceType === 'Condition' && reached.has(nameOf(resource))
  )
  const model = resources.find((resource) => findSection(resource) === 'problems')
  if (asked.has('problems') || problems.length === 0 || !model) return []
  const code = concept(secondaryListSystem, otherProblems, listTitle(otherProblems))
  const entry = problems.map((problem) => ({ item: referTo(problem) }))
  return [{ ...model, title: listTitle(otherProblems), code, entry }]
}

/** Its issues about sections that were asked for; `undefined` when there are none. */
function aboutSections(outcome: Stu3Resource, asked: Asked): Stu3Resource | undefined {
  const parameters = primaryLists
    .filter(({ section }) => asked.has(section))
    .map(({ parameter }) => parameter)
  const issues = (outcome['issue'] as readonly { readonly diagnostics?: string }[]).filter(
    ({ diagnostics }) => diagnostics !== undefined && parameters.includes(diagnostics)
  )
  return issues.length > 0 ? { ...outcome, issue: issues } : undefined
}
