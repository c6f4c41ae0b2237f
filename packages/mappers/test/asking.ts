import { createHash } from 'node:crypto'
import { type Contribution, type ContributionEntry, gpSections, type Mapped } from '@chesil/contracts'
import { parseNhsNumber, type Resource } from '@chesil/fhir'
import type { GpConnectContext } from '../src/index.ts'

export const nhsNumber = parseNhsNumber('9449305552')
export const patientId = '5f0c1a52-6d0e-4a6b-9d0b-3c8f4b7a1e10'

/** Of the structured interface: documents have one of their own. */
export const structuredSections = gpSections.filter((section) => section !== 'documents')

/** The base case: the practice of the person who `patient()` is. */
export function asking(overrides: Partial<GpConnectContext> = {}): GpConnectContext {
  return {
    source: { id: 'gp-high-street', odsCode: 'A81001', name: 'High Street Surgery' },
    person: {
      nhsNumbers: [nhsNumber],
      birthDate: '1962-04-09',
      family: 'O’Brien-Söderström',
      given: ['Maeve']
    },
    patientId,
    asAt: '2026-03-10T09:30:00.000Z',
    asked: structuredSections,
    resourceId: (type, sourceResourceId) =>
      createHash('sha256').update(`gp-high-street ${type} ${sourceResourceId}`).digest('hex').slice(0, 32),
    ...overrides
  }
}

/** @throws Error when the answer was refused. */
export function contributionOf(mapped: Mapped): Contribution {
  if (mapped.outcome === 'mapped') return mapped.contribution
  throw new Error(`Refused: ${mapped.reason}`)
}

export function resourceOf(entry: ContributionEntry | undefined): Resource {
  if (entry?.resource) return entry.resource
  throw new Error('There is no such entry')
}

/** A resource of any type: tests look into many. */
// biome-ignore lint/suspicious/noExplicitAny: a test that looks at an element says by that what it expects
export type Loose = Record<string, any>

/** The resource of the one entry of that source name. */
export function landed(contribution: Contribution, sourceResourceId: string): Loose {
  return resourceOf(contribution.entries.find((entry) => entry.sourceResourceId === sourceResourceId))
}

export const isDegraded = (resource: Loose): boolean =>
  resource['meta'].tag.some((tag: { code: string }) => tag.code === 'degraded')

/** Every `reference` in a value, at any depth. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'reference' && typeof inner === 'string' ? [inner] : referencesIn(inner)
  )
}

/** References that lead nowhere inside a contribution; `[]` is what we want. */
export function deadReferences({ entries }: Contribution): string[] {
  const there = new Set(entries.map(({ resourceType, resource }) => `${resourceType}/${resource?.id}`))
  return entries.flatMap(({ resource }) => {
    const contained = ((resource as { contained?: Resource[] }).contained ?? []).map(({ id }) => `#${id}`)
    return referencesIn(resource).filter(
      (reference) =>
        reference !== `Patient/${patientId}` && !there.has(reference) && !contained.includes(reference)
    )
  })
}
