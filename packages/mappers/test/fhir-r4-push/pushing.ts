import { createHash } from 'node:crypto'
import { type FoldState, foldContribution } from '@chesil/care-record'
import type { LocalIdentifier, MappedMessage, MessagePart } from '@chesil/contracts'
import { chesil, type Resource, systems } from '@chesil/fhir'
import { createValidator, type Validator } from '@chesil/fhir-validator'
import {
  type FhirPush,
  type FhirPushContext,
  fhirR4PushToContributions,
  type PushedItemTold,
  type PushedTelling,
  readFhirPush,
  tellingsOf
} from '../../src/index.ts'
import { type Loose, nhsNumber } from '../asking.ts'

export const baseUrl = 'https://fhir.trust.example/R4'
export const ownSystem = 'https://trust.example/Id/hospital-number'

const hash = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)

let validator: Validator | undefined
export const issuesIn = (resource: Resource) => {
  validator ??= createValidator({ prepare: ['Patient', 'Observation'] })
  return validator.validate(resource)
}

export const context: FhirPushContext = {
  source: {
    id: 'trust-push',
    odsCode: 'RXX',
    name: 'A trust',
    patientNumberSystem: ownSystem,
    patientNumberAuthorities: [],
    baseUrl
  },
  receivedAt: '2026-11-22T12:00:00.000Z',
  personId: ({ system, value }) => hash(system, value),
  resourceId: (type, name) => hash('trust-push', type, name),
  isValid: (resource) => issuesIn(resource).length === 0
}

/** The source's own patient of that id. */
export const localOf = (id: string): LocalIdentifier => ({
  system: chesil.localId('RXX', 'trust-push/Patient'),
  value: id
})
export const nhs = (value: string = nhsNumber): Loose => ({ system: systems.nhsNumber, value })

export const patient = (id: string, changes: Loose = {}): Loose => ({
  resourceType: 'Patient',
  id,
  identifier: [nhs()],
  name: [{ use: 'official', family: 'Marsh', given: ['Maeve'] }],
  gender: 'female',
  birthDate: '1962-04-09',
  ...changes
})

export const observation = (id: string, changes: Loose = {}): Loose => ({
  resourceType: 'Observation',
  id,
  meta: { lastUpdated: '2026-11-20T09:00:00Z' },
  status: 'final',
  code: { text: 'Pulse' },
  subject: { reference: 'Patient/p1' },
  ...changes
})

export const bundle = (resources: readonly Loose[], changes: Loose = {}): Loose => ({
  resourceType: 'Bundle',
  type: 'collection',
  timestamp: '2026-11-20T10:00:00Z',
  entry: resources.map((resource) => ({ resource })),
  ...changes
})

export const transaction = (entry: readonly Loose[], changes: Loose = {}): Loose =>
  bundle([], { type: 'transaction', entry, ...changes })
export const put = (resource: Loose): Loose => ({
  resource,
  request: { method: 'PUT', url: `${resource['resourceType']}/${resource['id']}` }
})
export const deletion = (url: string, changes: Loose = {}): Loose => ({
  request: { method: 'DELETE', url, ...changes }
})

/** @throws Error when it is refused. */
export function read(json: unknown, source: Partial<FhirPushContext['source']> = {}): FhirPush {
  const push = readFhirPush(json, { ...context, source: { ...context.source, ...source } })
  if (push.outcome === 'read') return push
  throw new Error(push.issues.map(({ reason, expression }) => `${reason} ${expression}`).join(', '))
}

/** Why something is not taken, and where. */
export function faultsOf(json: unknown): string[] {
  const push = readFhirPush(json, context)
  return push.outcome === 'read' ? [] : push.issues.map(({ reason, expression }) => `${reason} ${expression}`)
}

export type Parts = readonly MessagePart[]
const partsOf = (mapped: MappedMessage): Parts => {
  if (mapped.outcome === 'mapped') return mapped.parts
  throw new Error(mapped.reason)
}

/** A record of what was told of whose items are, as it is kept beside the record. */
export function createRegister() {
  const register = new Map<string, PushedItemTold[]>()
  const key = ({ time, sequence }: { time: string; sequence: number }) =>
    `${time} ${String(sequence).padStart(12, '0')}`
  const note = ({ item, local, time, sequence }: PushedTelling) => {
    const told = register.get(item) ?? []
    const known = told.find((one) => one.local?.system === local?.system && one.local?.value === local?.value)
    const at = { time, sequence }
    const others = told.filter((one) => one !== known)
    const first = known && key(known.first) < key(at) ? known.first : at
    const last = known && key(known.last) > key(at) ? known.last : at
    register.set(item, [...others, { ...(local && { local }), first, last }])
  }
  return (json: unknown): Parts => {
    const push = read(json)
    for (const telling of tellingsOf(push, context)) note(telling)
    return partsOf(fhirR4PushToContributions(push, register, context))
  }
}

/** The parts of a push, nothing having been told before. */
export const partsIn = (json: unknown): Parts => createRegister()(json)

/** What of parts lands: by person and item its content, as the last version has it. */
export function createFold() {
  const states = new Map<string, FoldState>()
  const contents = new Map<string, string>()
  return {
    apply({ subject, contribution, sourceTime = '', sourceSequence = 0 }: MessagePart): void {
      const person = JSON.stringify(subject.local)
      const state = states.get(person) ?? { items: new Map(), coverage: new Map() }
      const order = { time: sourceTime, sequence: sourceSequence, hash: JSON.stringify(contribution) }
      const items = contribution.entries.map(({ sourceResourceId, resource, sections }) => {
        const contentHash = JSON.stringify(resource) ?? 'deleted'
        contents.set(contentHash, contentHash)
        return [sourceResourceId, { sections, contentHash, ...(resource ? {} : { deleted: true }) }] as const
      })
      const changes = foldContribution(state, { order, completeSections: [], items: new Map(items) })
      states.set(person, { ...state, items: new Map([...state.items, ...changes.items]) })
    },
    /** As `person item: text`, sorted. */
    shown: (): string[] =>
      [...states]
        .flatMap(([person, { items }]) =>
          [...items].flatMap(([name, { present, contentHash }]) =>
            present ? [`${JSON.parse(person).value} ${name}: ${JSON.parse(contentHash).code?.text}`] : []
          )
        )
        .sort()
  }
}
