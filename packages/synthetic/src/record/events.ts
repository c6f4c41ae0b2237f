import codes from '../clinical-codes.json' with { type: 'json' }
import { daysBefore } from '../dates.ts'
import {
  businessIdentifier,
  careConnectExtension,
  profiled,
  referTo,
  type Stu3Resource,
  sct
} from '../stu3.ts'
import { type Draft, pastDay, surgeryTime } from './draft.ts'
import type { Occasion } from './observations.ts'

/** One in eight was offered and not given. */
export function addImmunisation(draft: Draft, { encounter, at }: Occasion = {}): Stu3Resource {
  const row = draft.random.pick(codes.immunisations)
  const id = draft.newId()
  const given = draft.random.chance(7 / 8)
  const day = (at ?? pastDay(draft)).slice(0, 10)
  const vaccineCode =
    'vaccine' in row && row.vaccine ? sct(row.vaccine) : { ...unknownVaccine, text: 'Unknown' }
  return draft.add(
    {
      resourceType: 'Immunization',
      id,
      meta: profiled('CareConnect-GPC-Immunization-1'),
      extension: [
        { url: careConnectExtension('DateRecorded'), valueDateTime: `${day}T12:00:00+00:00` },
        { url: careConnectExtension('VaccinationProcedure'), valueCodeableConcept: sct(row) }
      ],
      identifier: businessIdentifier(id),
      status: 'completed',
      notGiven: !given,
      vaccineCode,
      patient: referTo(draft.patient),
      ...(encounter && { encounter: referTo(encounter) }),
      date: day,
      primarySource: true,
      location: referTo(draft.staff.location),
      ...(given && {
        lotNumber: `CH${draft.random.integer(1_000, 9_999)}`,
        site: sct({ code: '368208006', display: 'Left upper arm structure' }),
        route: sct({ code: '78421000', display: 'Intramuscular route' })
      }),
      practitioner: [{ actor: referTo(draft.random.pick(draft.staff.doctors).practitioner) }]
    },
    'immunisations'
  )
}

const unknownVaccine = { coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'UNK' }] }

export function addReferral(draft: Draft, { encounter, at }: Occasion = {}): Stu3Resource {
  const row = draft.random.pick(codes.referrals)
  const id = draft.newId()
  const { practitioner } = draft.random.pick(draft.staff.doctors)
  return draft.add(
    {
      resourceType: 'ReferralRequest',
      id,
      meta: profiled('CareConnect-GPC-ReferralRequest-1'),
      identifier: [
        ...businessIdentifier(id),
        {
          system: 'https://fhir.nhs.uk/Id/UBRN',
          value: `0000${draft.random.integer(10_000_000, 99_999_999)}`
        }
      ],
      status: 'active',
      intent: 'order',
      priority: draft.random.pick(['routine', 'routine', 'urgent']),
      subject: referTo(draft.patient),
      ...(encounter && { context: referTo(encounter) }),
      authoredOn: at ?? surgeryTime(draft, pastDay(draft)),
      requester: { agent: referTo(practitioner), onBehalfOf: referTo(draft.staff.organization) },
      reasonCode: [sct(row)],
      description: row.reason
    },
    'referrals'
  )
}

/** A recall: something that is to be done within the coming year. */
export function addDiaryEntry(draft: Draft, { encounter }: Pick<Occasion, 'encounter'> = {}): Stu3Resource {
  const row = draft.random.pick(codes.diary)
  const id = draft.newId()
  return draft.add(
    {
      resourceType: 'ProcedureRequest',
      id,
      meta: profiled('CareConnect-GPC-ProcedureRequest-1'),
      identifier: businessIdentifier(id),
      status: 'active',
      intent: 'plan',
      code: sct(row),
      subject: referTo(draft.patient),
      ...(encounter && { context: referTo(encounter) }),
      occurrenceDateTime: daysBefore(draft.asAt, -draft.random.integer(1, 360)),
      authoredOn: pastDay(draft, 180),
      requester: { agent: referTo(draft.random.pick(draft.staff.doctors).practitioner) }
    },
    'diary'
  )
}
