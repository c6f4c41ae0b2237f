import type { Address, Patient, RelatedPerson } from '@chesil/fhir'
import { plainWords } from './concept.ts'
import { sourceName, wholeName } from './identity.ts'
import type { Conflict, ConflictKind, GroupableItem } from './item-group.ts'
import { isNextOfKin } from './people.ts'
import { decidedAt, resuscitationIn } from './resuscitation.ts'

/** What one entry says of the person as a whole. */
interface Statement {
  readonly item: GroupableItem
  /** Equal for those that agree. */
  readonly value: string
  readonly words: string
}

/** Where sources differ about the person: where they live, who is next of kin, whether to resuscitate. */
export function personConflicts(items: readonly GroupableItem[]): readonly Conflict[] {
  return [
    ...conflict('address', 'Address', items.flatMap(addressOf), differ),
    ...conflict('next-of-kin', 'Next of kin', items.flatMap(kinOf), shareNobody),
    ...conflict('resuscitation-status', 'Resuscitation status', resuscitations(items), differ)
  ]
}

function conflict(
  kind: ConflictKind,
  label: string,
  statements: readonly Statement[],
  isConflict: (statements: readonly Statement[]) => boolean
): readonly Conflict[] {
  if (!isConflict(statements)) return []
  const told = statements.toSorted((a, b) => compareText(a.item.key, b.item.key))
  return [
    {
      kind,
      between: [...new Set(told.map(({ item }) => item.key))],
      text: `${label} differs: ${told.map(({ item, words }) => `${words} (${sourceName(item.resource, item.sourceId)})`).join('; ')}`
    }
  ]
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const differ = (statements: readonly Statement[]): boolean =>
  new Set(statements.map(({ value }) => value)).size > 1

/** A source may name two next of kin: sources differ where one names nobody whom another names. */
function shareNobody(statements: readonly Statement[]): boolean {
  const bySource = Map.groupBy(statements, ({ item }) => item.sourceId)
  const named = [...bySource.values()].map((own) => new Set(own.map(({ value }) => value)))
  return named.some((one, at) => named.slice(at + 1).some((other) => one.isDisjointFrom(other)))
}

/** The postcode and the number or name of the house; the rest is written in too many ways. */
function addressOf(item: GroupableItem): readonly Statement[] {
  if (item.resource.resourceType !== 'Patient') return []
  const home = homeOf(item.resource)
  const postcode = home?.postalCode?.toUpperCase().replaceAll(/\s/g, '')
  if (!home || !postcode) return []
  const lines = home.line ?? []
  const house = plainWords(lines.join(' ')).match(/\d+[a-z]?/)?.[0] ?? plainWords(lines[0] ?? '')
  const words = [...lines, home.city, home.postalCode].filter(Boolean).join(', ')
  return [{ item, value: `${postcode} ${house}`, words }]
}

function homeOf({ address }: Patient): Address | undefined {
  const present = (address ?? []).filter(({ use, period }) => use !== 'old' && period?.end === undefined)
  return present.find(({ use }) => use === 'home') ?? present.find(({ use }) => use === undefined)
}

function kinOf(item: GroupableItem): readonly Statement[] {
  const { resource } = item
  if (resource.resourceType === 'RelatedPerson')
    return isPresentKin(resource) ? namedKin(item, resource.name) : []
  if (resource.resourceType !== 'Patient') return []
  return (resource.contact ?? [])
    .filter(({ relationship = [], period }) => isNextOfKin({ relationship }) && period?.end === undefined)
    .flatMap(({ name }) => namedKin(item, name && [name]))
}

const isPresentKin = (relative: RelatedPerson): boolean =>
  relative.active !== false && relative.period?.end === undefined && isNextOfKin(relative)

function namedKin(item: GroupableItem, names: RelatedPerson['name']): readonly Statement[] {
  const value = wholeName(names)
  const [name] = names ?? []
  if (value === undefined || !name) return []
  const words = name.text ?? [...(name.given ?? []), name.family].filter(Boolean).join(' ')
  return [{ item, value, words }]
}

/** Of each source what it decided last; what has no date counts beside it. */
function resuscitations(items: readonly GroupableItem[]): readonly Statement[] {
  const all = items.flatMap((item) =>
    [...resuscitationIn(item.resource)].map((value) => ({
      item,
      value,
      words: value,
      at: decidedAt(item.resource)
    }))
  )
  const latest = new Map<string, string>()
  for (const { item, at } of all) {
    if (at > (latest.get(item.sourceId) ?? '')) latest.set(item.sourceId, at)
  }
  return all.filter(({ item, at }) => at === '' || at === latest.get(item.sourceId))
}
