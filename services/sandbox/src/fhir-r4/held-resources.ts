import type { Resource } from '@chesil/fhir'
import { hospitalRecord, type Trust } from '@chesil/synthetic'
import type { PersonState, World } from '../world/world.ts'

/** What a trust's FHIR endpoint holds of its people; made when it is first asked for. */
export interface HeldResources {
  /** The Patient first, unless it was deleted. */
  of(state: PersonState): readonly Resource[]
  /** Adds a resource, or puts it in place of the one of its type and id; its `meta.lastUpdated` becomes now. */
  put(state: PersonState, resource: Resource & { readonly id: string }): Resource
  /** @returns whether it was there. */
  remove(state: PersonState, name: string): boolean
  findByPatientId(id: string): PersonState | undefined
  findByName(name: string): Resource | undefined
  reset(state?: PersonState): void
}

export interface HeldResourcesOptions {
  readonly seed: string
  /** An ISO date. */
  readonly asAt: string
  readonly trust: Trust
  readonly world: World
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** @returns e.g. `Observation/1`. */
export const nameOf = ({ resourceType, id }: Pick<Resource, 'resourceType' | 'id'>): string =>
  `${resourceType}/${id}`

export function createHeldResources({ world, now, ...options }: HeldResourcesOptions): HeldResources {
  const held = new Map<PersonState, ReadonlyMap<string, Resource>>()
  const ownerOf = new Map<string, PersonState>()

  function read(state: PersonState): ReadonlyMap<string, Resource> {
    const known = held.get(state)
    if (known) return known
    const made = new Map(
      hospitalRecord(state.person, options).map((resource) => [nameOf(resource), resource] as const)
    )
    keep(state, made)
    return made
  }

  function keep(state: PersonState, resources: ReadonlyMap<string, Resource>): void {
    held.set(state, resources)
    for (const name of resources.keys()) ownerOf.set(name, state)
  }

  /** A client may ask for an id that it was given before we were started anew. */
  function findOwner(name: string): PersonState | undefined {
    return ownerOf.get(name) ?? world.people.find((state) => read(state).has(name))
  }

  return {
    of: (state) => [...read(state).values()],
    put(state, resource) {
      const name = nameOf(resource)
      const version = Number(read(state).get(name)?.meta?.versionId ?? 0) + 1
      const meta = {
        ...resource.meta,
        versionId: String(version),
        lastUpdated: new Date(now()).toISOString()
      }
      const put = { ...resource, meta }
      keep(state, new Map([...read(state), [name, put]]))
      return put
    },
    remove(state, name) {
      const left = new Map(read(state))
      const wasThere = left.delete(name)
      held.set(state, left)
      ownerOf.delete(name)
      return wasThere
    },
    findByPatientId: (id) => findOwner(`Patient/${id}`),
    findByName(name) {
      const owner = findOwner(name)
      return owner && read(owner).get(name)
    },
    reset(state) {
      if (state) held.delete(state)
      else held.clear()
      ownerOf.clear()
      for (const [owner, resources] of held) keep(owner, resources)
    }
  }
}
