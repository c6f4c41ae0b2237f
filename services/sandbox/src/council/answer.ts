import type { CouncilItemKind, CouncilKeyWorker, CouncilTeam, KnownToCouncil } from '@chesil/contracts'
import type { Person } from '@chesil/synthetic'
import { type CouncilItem, type CouncilItems, nameOfItem } from './items.ts'

/** Somebody whom a council knows. */
export interface CouncilClient {
  readonly person: Person
  readonly laPersonId: string
  readonly items: CouncilItems
}

/** @param asAt ISO instant. */
export const fullAnswer = (client: CouncilClient, asAt: string): KnownToCouncil => ({
  ...aboutPerson(client, asAt),
  mode: 'full',
  ...byKind([...client.items.values()])
})

/** What is not as it was before, and what is not there any more. */
export function changesAnswer(client: CouncilClient, before: CouncilItems, asAt: string): KnownToCouncil {
  const now = [...client.items]
  const isChanged = ([name, item]: readonly [string, CouncilItem]) =>
    JSON.stringify(before.get(name)) !== JSON.stringify(item)
  const removed = [...before.values()]
    .filter(({ kind, content }) => !client.items.has(nameOfItem(kind, content.id)))
    .map(({ kind, content }) => ({ kind, id: content.id }))
  const changed = now.filter(isChanged)
  // A key worker and a team are told together.
  const isTeamTold = [...changed.map(([, item]) => item), ...removed].some(({ kind }) => isOfTeam(kind))
  const told = now.filter((one) => isChanged(one) || (isTeamTold && isOfTeam(one[1].kind)))
  return {
    ...aboutPerson(client, asAt),
    mode: 'changes',
    ...byKind(told.map(([, item]) => item)),
    removed
  }
}

const isOfTeam = (kind: CouncilItemKind): boolean => kind === 'key-worker' || kind === 'team'

const aboutPerson = ({ person, laPersonId }: CouncilClient, asAt: string) => ({
  known: true as const,
  asAt,
  person: {
    laPersonId,
    nhsNumber: person.nhsNumber,
    birthDate: person.birthDate,
    family: person.name.family,
    given: [...person.name.given],
    gender: person.gender
  }
})

type Told = Pick<KnownToCouncil, 'services' | 'contacts' | 'keyWorker' | 'team' | 'reviews' | 'warnings'>

function byKind(items: readonly CouncilItem[]): Told {
  const of = <Content>(kind: CouncilItemKind) =>
    items.filter((item) => item.kind === kind).map(({ content }) => content as Content)
  const [keyWorker] = of<CouncilKeyWorker>('key-worker')
  const [team] = of<CouncilTeam>('team')
  return {
    services: of('service'),
    contacts: of('contact'),
    ...(keyWorker && { keyWorker }),
    ...(team && { team }),
    reviews: of('review'),
    warnings: of('warning')
  }
}
