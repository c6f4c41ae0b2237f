import { createHash } from 'node:crypto'
import type { Contribution } from '@chesil/contracts'
import { type Resource, systems } from '@chesil/fhir'
import { createValidator, type Validator } from '@chesil/fhir-validator'
import {
  type FhirR4Asking,
  type FhirR4Context,
  fhirR4SearchToContribution,
  writeAnswer
} from '../../src/index.ts'
import { contributionOf, type Loose, nhsNumber, patientId } from '../asking.ts'

export const baseUrl = 'https://fhir.trust.example/R4'

let validator: Validator | undefined
export const issuesOf = (resource: Resource | undefined) => {
  validator ??= createValidator({ prepare: ['Patient', 'Observation'] })
  return resource
    ? validator.validate(resource)
    : [{ layer: 'none', expression: '', message: 'There is none' }]
}

export const resourceId = (type: string, sourceResourceId: string): string =>
  createHash('sha256').update(`trust ${type} ${sourceResourceId}`).digest('hex').slice(0, 32)

/** Asked about the person who `patient()` is. */
export const asking = (changes: Partial<FhirR4Context> = {}): FhirR4Context => ({
  source: { id: 'trust-fhir', odsCode: 'R0D', name: 'Dorset Hospital', baseUrl },
  person: { nhsNumbers: [nhsNumber], birthDate: '1962-04-09', family: 'Marsh', given: ['Maeve'] },
  patientId,
  resourceId,
  isValid: (resource) => issuesOf(resource).length === 0,
  ...changes
})

export const patient = (changes: Loose = {}): Loose => ({
  resourceType: 'Patient',
  id: 'p1',
  identifier: [{ system: systems.nhsNumber, value: nhsNumber }],
  name: [{ family: 'Marsh', given: ['Maeve'] }],
  birthDate: '1962-04-09',
  ...changes
})

export const page = (resources: readonly Loose[], changes: Loose = {}): Loose => ({
  resourceType: 'Bundle',
  type: 'searchset',
  entry: resources.map((resource) => ({ resource, search: { mode: 'match' } })),
  ...changes
})

export const theirs = { reference: 'Patient/p1' }

export const condition = (id: string, changes: Loose = {}): Loose => ({
  resourceType: 'Condition',
  id,
  code: { text: `Condition ${id}` },
  subject: theirs,
  ...changes
})

export const observation = (id: string, changes: Loose = {}): Loose => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: 'Pulse' },
  subject: theirs,
  ...changes
})

/** One type's answer: how it was asked, its pages, and the pages of its ids. */
export interface Told {
  readonly kind?: FhirR4Asking
  readonly pages?: readonly Loose[]
  readonly ids?: readonly Loose[]
  readonly refused?: number
  readonly failed?: string
}

const textsOf = (pages: readonly Loose[]) => pages.map((each) => JSON.stringify(each))

export function envelope(
  byType: Readonly<Record<string, Told>>,
  found: readonly Loose[] = [patient()]
): unknown {
  const text = writeAnswer({
    searchedAt: '2026-11-22T09:30:00.000Z',
    patient: JSON.stringify(page(found)),
    byType: new Map(
      Object.entries(byType).map(([type, { kind = 'full', pages = [], ids, refused, failed }]) => [
        type,
        failed === undefined
          ? {
              kind,
              pages: textsOf(pages),
              ...(ids && { ids: textsOf(ids) }),
              ...(refused !== undefined && { refused })
            }
          : { failed }
      ])
    )
  })
  return JSON.parse(text)
}

/** @throws Error when the answer was refused. */
export const contribution = (
  byType: Readonly<Record<string, Told>>,
  { found, ...changes }: Partial<FhirR4Context> & { readonly found?: readonly Loose[] } = {}
): Contribution => contributionOf(fhirR4SearchToContribution(envelope(byType, found), asking(changes)))

/** Entries of a type, but for the person themselves. */
export const entriesOf = ({ entries }: Contribution) =>
  entries.filter(({ resourceType }) => resourceType !== 'Patient')
