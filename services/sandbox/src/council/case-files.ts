import type { CouncilItemKind } from '@chesil/contracts'
import { type Council, type CouncilPackage, councilPackages, type Person } from '@chesil/synthetic'
import type { PersonState } from '../world/world.ts'
import { type CouncilItem, type CouncilItems, itemsOf, nameOfItem } from './items.ts'

/** What a council's system holds of its people, and held at any instant. */
export interface CaseFiles {
  /** @param at ms since 1970. @returns nothing for whom the council does not know by an NHS number. */
  read(state: PersonState, at: number): CaseFile | undefined
  put(state: PersonState, item: CouncilItem): void
  /** @returns whether it was there. */
  remove(state: PersonState, kind: CouncilItemKind, id: string): boolean
  /** As in the beginning. */
  reset(): void
}

export interface CaseFile {
  readonly laPersonId: string
  readonly items: CouncilItems
}

interface Edit {
  readonly at: number
  readonly name: string
  /** Absent: it was taken away. */
  readonly item?: CouncilItem
}

export interface CaseFilesOptions {
  readonly seed: string
  readonly council: Council
  /** Whom the council knows, as they were in the beginning: stories are told of numbers. */
  readonly people: readonly { readonly state: PersonState; readonly person: Person }[]
  /** @param at ms since 1970. @returns the day of which the system tells then. */
  readonly dayAt: (at: number) => string
  readonly now: () => number
}

export function createCaseFiles({ seed, council, people, dayAt, now }: CaseFilesOptions): CaseFiles {
  const numbers = new Map(people.map(({ state, person }) => [state, person.nhsNumber]))
  const byDay = new Map<string, ReadonlyMap<string, CouncilPackage>>()
  const edits = new Map<PersonState, Edit[]>()

  function packagesOf(day: string): ReadonlyMap<string, CouncilPackage> {
    const made =
      byDay.get(day) ??
      new Map(
        councilPackages({ seed, council, asAt: day, people: people.map(({ person }) => person) }).map(
          (told) => [told.personKey, told] as const
        )
      )
    byDay.set(day, made)
    return made
  }

  function read(state: PersonState, at: number): CaseFile | undefined {
    const told = packagesOf(dayAt(at)).get(numbers.get(state) ?? '')
    if (!told) return undefined
    const edited = edits.get(state)?.filter((edit) => edit.at <= at) ?? []
    return { laPersonId: told.laPersonId, items: withEdits(itemsOf(told), edited) }
  }

  const note = (state: PersonState, edit: Omit<Edit, 'at'>) =>
    edits.set(state, [...(edits.get(state) ?? []), { ...edit, at: now() }])

  return {
    read,
    put: (state, item) => void note(state, { name: nameOfItem(item.kind, item.content.id), item }),
    remove(state, kind, id) {
      const name = nameOfItem(kind, id)
      const wasThere = read(state, now())?.items.has(name) ?? false
      if (wasThere) note(state, { name })
      return wasThere
    },
    reset: () => edits.clear()
  }
}

function withEdits(items: CouncilItems, edits: readonly Edit[]): CouncilItems {
  const edited = new Map(items)
  for (const { name, item } of edits) {
    if (item) edited.set(name, item)
    else edited.delete(name)
  }
  return edited
}
