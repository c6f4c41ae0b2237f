import { createHash } from 'node:crypto'
import { compareDemographics } from '@chesil/care-record'
import type { Contribution, KnownToCouncil } from '@chesil/contracts'
import { parseNhsNumber, type Resource } from '@chesil/fhir'
import { createValidator } from '@chesil/fhir-validator'
import { expect } from 'vitest'
import { type CouncilContext, councilAnswerToContribution } from '../../src/index.ts'

export const nhsNumber = parseNhsNumber('9000000009')
export const patientId = '00000000-0000-4000-8000-000000000001'
const pds = { birthDate: '1948-02-29', name: [{ family: 'Marsh', given: ['Alice'] }] }

export const context: CouncilContext = {
  source: {
    id: 'dorset-council-api',
    odsCode: '810',
    name: 'Dorset Council',
    patientNumberSystem: 'https://chesil.example/fhir/Id/810/patient-number'
  },
  person: { nhsNumbers: [nhsNumber], birthDate: '1948-02-29', family: 'Marsh', given: ['Alice'] },
  judge: (claimed) => compareDemographics(claimed, pds),
  patientId,
  resourceId: (type, name) => createHash('sha256').update(`${type} ${name}`).digest('hex').slice(0, 32)
}

/** Somebody with one of everything; what a test is about is changed in it. */
export const answer = (changes: Partial<KnownToCouncil> | object = {}): KnownToCouncil => ({
  known: true,
  asAt: '2026-11-22T09:30:00Z',
  mode: 'full',
  person: {
    laPersonId: '2004817',
    nhsNumber,
    birthDate: '1948-02-29',
    family: 'Marsh',
    given: ['Alice']
  },
  services: [
    {
      id: 's1',
      type: 'Long term support: Community',
      component: 'Home support or domiciliary care',
      deliveryMechanism: 'CASSR commissioned support',
      description: 'Mornings and evenings',
      provider: 'Shingle Care',
      start: '2024-01-15',
      unitsPerWeek: 14,
      unit: 'hours'
    }
  ],
  contacts: [{ id: 'c1', name: 'Ruth Marsh', role: 'Daughter', isCarer: true, telephone: '01632 960123' }],
  keyWorker: { id: 'w1', name: 'Jo Tern', role: 'Social worker', telephone: '01632 960124' },
  team: { id: 't1', name: 'Locality team east', telephone: '01632 960125' },
  reviews: [{ id: 'r1', due: '2027-03-01', kind: 'Annual review' }],
  warnings: [{ id: 'g1', category: 'dog', text: 'Large dog: ring before you come', start: '2023-05-01' }],
  ...changes
})

const validator = createValidator()

/** Every resource that lands is valid, whatever the test is about. */
export function contributionOf(said: unknown, changes: Partial<CouncilContext> = {}): Contribution {
  const mapped = councilAnswerToContribution(said, { ...context, ...changes })
  if (mapped.outcome === 'refused') throw new Error(`It was refused: ${mapped.reason}`)
  for (const { resource } of mapped.contribution.entries)
    if (resource) expect(validator.validate(resource)).toEqual([])
  return mapped.contribution
}

export const resourcesOf = <Type extends Resource>(
  type: Type['resourceType'],
  said: unknown = answer()
): readonly Type[] =>
  contributionOf(said)
    .entries.flatMap(({ resource }) => resource ?? [])
    .filter((resource): resource is Type => resource.resourceType === type)

export const resourceOf = <Type extends Resource>(type: Type['resourceType'], said?: unknown): Type => {
  const [found] = resourcesOf<Type>(type, said)
  if (!found) throw new Error(`There is no ${type}`)
  return found
}

export const labelsOf = ({ meta }: Resource): readonly unknown[] =>
  (meta?.security ?? []).map(({ code }) => code)

export const isDegraded = ({ meta }: Resource): boolean =>
  meta?.tag?.some(({ code }) => code === 'degraded') ?? false
