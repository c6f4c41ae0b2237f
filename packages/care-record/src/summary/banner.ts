import { londonDay, type Patient, systems } from '@chesil/fhir'
import { dateText } from './fhir-text.ts'
import { nameText } from './name-text.ts'

const sexes: Readonly<Record<string, string>> = {
  male: 'Male',
  female: 'Female',
  other: 'Other',
  unknown: 'Not known'
}

/**
 * Who this is about, in the order of the patient banner.
 *
 * @param now ms since 1970
 * @see ISB 1505, NHS Common User Interface: patient banner
 */
export function bannerText(patient: Patient, now: number): string {
  const { name, birthDate, gender, identifier } = patient
  const number = identifier?.find(({ system, use }) => system === systems.nhsNumber && use !== 'old')?.value
  return [
    nameText(name) ?? 'Name not recorded',
    birthDate === undefined
      ? 'Born: not recorded'
      : `Born ${dateText(birthDate)} ${ageText(patient, now)}`.trim(),
    ...deathText(patient),
    `Gender ${sexes[gender ?? ''] ?? 'Not recorded'}`,
    `NHS No. ${number?.replace(/^(\d{3})(\d{3})(\d{4})$/, '$1 $2 $3') ?? 'Not known'}`
  ].join(' · ')
}

function deathText({ deceasedDateTime, deceasedBoolean }: Patient): string[] {
  if (deceasedDateTime) return [`DIED ${dateText(deceasedDateTime)}`]
  return deceasedBoolean ? ['HAS DIED'] : []
}

/** Of the living, in whole years. */
function ageText({ birthDate, deceasedBoolean, deceasedDateTime }: Patient, now: number): string {
  if (birthDate?.length !== 10 || deceasedBoolean || deceasedDateTime) return ''
  const today = londonDay(now)
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4))
  return `(${today.slice(5) < birthDate.slice(5) ? years - 1 : years}y)`
}
