import {
  type CodeableConcept,
  type Identifier,
  type Meta,
  type Organization,
  type Patient,
  type Practitioner,
  type Reference,
  systems,
  ukCoreProfile
} from '@chesil/fhir'
import { daysBefore } from '../dates.ts'
import type { Person } from '../people.ts'
import type { Random } from '../random.ts'
import codes from './hospital-codes.json' with { type: 'json' }
import type { Trust } from './trusts.ts'

/** What the resources of one person's hospital record are made from. */
export interface RecordDraft {
  readonly person: Person
  readonly trust: Trust
  readonly random: Random
  /** An ISO date: the record tells up to here. */
  readonly asAt: string
  readonly subject: Reference<Patient>
}

/** An ISO date some time before the record's day. */
export const dayBefore = ({ random, asAt }: RecordDraft, least: number, most: number): string =>
  daysBefore(asAt, random.integer(least, most))

/** @param hour By the clock of UTC. */
export const instant = (day: string, hour: number): string =>
  `${day}T${String(hour).padStart(2, '0')}:15:00+00:00`

/** @param changed An ISO date: when the trust last changed it. */
export const meta = (resourceType: string, changed: string): Meta => ({
  versionId: '1',
  lastUpdated: instant(changed, 23),
  profile: [ukCoreProfile(resourceType)]
})

export const coded = (system: string, code: string, display: string): CodeableConcept => ({
  coding: [{ system, code, display }],
  text: display
})

export const snomed = ({ code, display }: { readonly code: string; readonly display: string }) =>
  coded(systems.snomed, code, display)

/** @param kind e.g. `visit`. */
export const localIdentifier = ({ trust }: RecordDraft, kind: string, value: string): Identifier => ({
  system: `https://fhir.${trust.odsCode.toLowerCase()}.example/Id/${kind}`,
  value
})

export const trustReference = ({ trust }: RecordDraft): Reference<Organization> => ({
  type: 'Organization',
  identifier: { system: systems.odsOrganisation, value: trust.odsCode },
  display: trust.name
})

/** A consultant: known by their number only, as the trust offers no practitioners. */
export function consultantReference({ random }: RecordDraft): Reference<Practitioner> {
  const { gmc, family, given } = random.pick(codes.consultants)
  return {
    type: 'Practitioner',
    identifier: { system: systems.gmcNumber, value: gmc },
    display: `Dr ${given} ${family}`
  }
}
