import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from '../processes/tool-error.ts'
import { fetchJson } from './fetch-json.ts'
import type { SandboxPerson } from './sandbox.ts'

/** A person as the record API shows them, or does not. */
export interface LoadedPerson extends SandboxPerson {
  /** Absent when the API shows nothing of this person. */
  readonly id?: string
  /** How each source stands, e.g. `live`; empty when nothing is shown. */
  readonly states: readonly string[]
  /** Why the API could not be asked. */
  readonly failure?: string
}

export interface RecordApi {
  /** The FHIR base; no trailing slash. */
  readonly url: string
  readonly token: string
}

interface Searchset {
  readonly entry?: readonly {
    readonly search?: { readonly mode?: string }
    readonly resource?: { readonly resourceType: string; readonly id?: string }
  }[]
}

interface CompletenessAnswer {
  readonly sources: readonly { readonly codes: readonly string[] }[]
}

const nhsNumberSystem = 'https://fhir.nhs.uk/Id/nhs-number'
/** Several at a time, so that one slow practice does not hold up everybody; the practices take four each. */
const concurrency = 8
const patienceMs = 60_000
const pauseMs = 150

async function findPatientId(nhsNumber: string, { url, token }: RecordApi): Promise<string | undefined> {
  const identifier = encodeURIComponent(`${nhsNumberSystem}|${nhsNumber}`)
  const answer = await fetchJson<Searchset>('The record API', `${url}/Patient?identifier=${identifier}`, {
    token
  })
  const match = answer?.entry?.find(({ resource }) => resource?.resourceType === 'Patient')
  return match?.resource?.id
}

/** Waits until every source that was asked has been heard of. */
async function waitForSources(id: string, { url, token }: RecordApi): Promise<readonly string[]> {
  for (const end = Date.now() + patienceMs; ; await sleep(pauseMs)) {
    const answer = await fetchJson<CompletenessAnswer>(
      'The record API',
      `${url}/Patient/${id}/$completeness`,
      { token }
    )
    const states = (answer?.sources ?? []).flatMap(({ codes }) => codes.slice(0, 1))
    if (!states.includes('pending') || Date.now() > end) return states
  }
}

/** One person who cannot be loaded leaves the others worth looking at. */
async function loadPerson(person: SandboxPerson, api: RecordApi): Promise<LoadedPerson> {
  try {
    const id = await findPatientId(person.nhsNumber, api)
    if (id === undefined) return { ...person, states: [] }
    return { ...person, id, states: await waitForSources(id, api) }
  } catch (error) {
    return { ...person, states: [], failure: error instanceof Error ? error.message : String(error) }
  }
}

/**
 * Loads people the way a clinician's system does: it searches by NHS number, which makes Chesil ask the practices, and
 * waits until the records are there. In the order given.
 *
 * @throws ToolError when nobody can be loaded.
 */
export async function loadPeople(
  people: readonly SandboxPerson[],
  api: RecordApi
): Promise<readonly LoadedPerson[]> {
  const loaded: LoadedPerson[] = []
  const waiting = people.entries()
  const work = async () => {
    for (const [index, person] of waiting) loaded[index] = await loadPerson(person, api)
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const [first] = loaded
  if (!first)
    throw new ToolError(
      'There is nobody to load: the folder of --gp-records holds no record with an NHS number.'
    )
  if (loaded.every(({ failure }) => failure !== undefined)) {
    throw new ToolError(`Nobody could be loaded. ${first.failure}`)
  }
  return loaded
}
