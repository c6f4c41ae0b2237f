import {
  type AllergyIntolerance,
  type Condition,
  chesil,
  type DiagnosticReport,
  type Dosage,
  type Immunization,
  type MedicationRequest,
  type MedicationStatement,
  type Observation,
  type ObservationComponent,
  type Procedure,
  type Resource,
  type TimingRepeat
} from '@chesil/fhir'
import {
  codeText,
  conceptText,
  conceptTexts,
  dateText,
  displaysOf,
  periodText,
  plain,
  quantityText
} from './fhir-text.ts'
import type { FindResource, ItemWords } from './item-words.ts'
import { joined, labelled, notesOf, toWords } from './words.ts'

/** @returns `undefined` for what is not of a clinical record. */
export function clinicalWords(resource: Resource, find: FindResource): ItemWords | undefined {
  switch (resource.resourceType) {
    case 'AllergyIntolerance':
      return allergyWords(resource)
    case 'MedicationStatement':
    case 'MedicationRequest':
      return medicineWords(resource, find)
    case 'Medication':
      return toWords({ what: conceptText(resource.code) })
    case 'Condition':
      return problemWords(resource)
    case 'Immunization':
      return immunisationWords(resource)
    case 'Procedure':
      return procedureWords(resource)
    case 'Observation':
      return observationWords(resource)
    case 'DiagnosticReport':
      return reportWords(resource)
    default:
      return undefined
  }
}

const allergyWords = (allergy: AllergyIntolerance): ItemWords =>
  toWords({
    what: conceptText(allergy.code),
    details: [
      labelled('Criticality', plain(allergy.criticality)),
      ...(allergy.reaction ?? []).map((reaction) =>
        labelled('Reaction', joined([...conceptTexts(reaction.manifestation), reaction.severity]))
      ),
      ...notesOf(allergy.note)
    ],
    status: joined([codeText(allergy.clinicalStatus), codeText(allergy.verificationStatus)]),
    date: allergy.onsetDateTime ?? allergy.recordedDate
  })

const currencyUrl = chesil.extension('medicine-currency')

/** How a GP's medicine stands: `current`, `recent` or `past`; `undefined` where its source says none. */
export const currencyOf = ({ extension }: MedicationStatement): string | undefined =>
  extension?.find(({ url }) => url === currencyUrl)?.valueCode

function medicineWords(medicine: MedicationStatement | MedicationRequest, find: FindResource): ItemWords {
  const { medicationCodeableConcept, medicationReference, status, note } = medicine
  const { reference = '' } = medicationReference ?? {}
  const inside = medicine.contained?.find(({ id }) => `#${id}` === reference)
  const product = inside ?? find(reference)
  const named = product?.resourceType === 'Medication' ? conceptText(product.code) : undefined
  const isStatement = medicine.resourceType === 'MedicationStatement'
  const currency = isStatement ? currencyOf(medicine) : undefined
  return toWords({
    what: conceptText(medicationCodeableConcept) ?? named ?? medicationReference?.display,
    details: [
      ...(isStatement ? (medicine.dosage ?? []) : (medicine.dosageInstruction ?? [])).map((dosage) =>
        labelled('DOSE', doseText(dosage))
      ),
      isStatement ? periodText(medicine.effectivePeriod) : undefined,
      ...notesOf(note)
    ],
    status: joined([plain(status), currency]),
    date: isStatement
      ? (medicine.effectiveDateTime ?? medicine.effectivePeriod?.start ?? medicine.dateAsserted)
      : medicine.authoredOn
  })
}

function doseText(dosage: Dosage): string | undefined {
  const { text, patientInstruction, doseAndRate, timing, route } = dosage
  const amount = doseAndRate?.map(({ doseQuantity, doseRange }) =>
    doseRange
      ? joined([quantityText(doseRange.low), quantityText(doseRange.high)], ' to ')
      : quantityText(doseQuantity)
  )
  const often = conceptText(timing?.code) ?? oftenText(timing?.repeat)
  return joined([
    text ?? joined([...(amount ?? []), often, asNeededText(dosage), conceptText(route)]),
    patientInstruction === text ? undefined : patientInstruction
  ])
}

/** `4 times a day`, `once in 8 hours`. */
function oftenText(repeat: TimingRepeat | undefined): string | undefined {
  const { frequency = 1, frequencyMax, period = 1, periodUnit } = repeat ?? {}
  const unit = units.get(periodUnit ?? '')
  if (unit === undefined) return undefined
  const most = frequencyMax === undefined ? '' : ` to ${frequencyMax}`
  const times = frequency === 1 && most === '' ? 'once' : `${frequency}${most} times`
  return period === 1 ? `${times} a ${unit}` : `${times} in ${period} ${unit}s`
}

const units: ReadonlyMap<string, string> = new Map([
  ['s', 'second'],
  ['min', 'minute'],
  ['h', 'hour'],
  ['d', 'day'],
  ['wk', 'week'],
  ['mo', 'month'],
  ['a', 'year']
])

function asNeededText({ asNeededBoolean, asNeededCodeableConcept }: Dosage): string | undefined {
  if (asNeededCodeableConcept) return joined(['when required', conceptText(asNeededCodeableConcept)], ': ')
  return asNeededBoolean ? 'when required' : undefined
}

const problemWords = (problem: Condition): ItemWords =>
  toWords({
    what: conceptText(problem.code),
    details: [
      labelled('Severity', conceptText(problem.severity)),
      labelled('Ended', problem.abatementDateTime && dateText(problem.abatementDateTime)),
      ...notesOf(problem.note)
    ],
    status: joined([codeText(problem.clinicalStatus), codeText(problem.verificationStatus)]),
    date: problem.onsetDateTime ?? problem.onsetPeriod?.start ?? problem.recordedDate
  })

const immunisationWords = (given: Immunization): ItemWords =>
  toWords({
    what: conceptText(given.vaccineCode),
    details: [
      labelled('Batch', given.lotNumber),
      labelled('Reason', joined(conceptTexts(given.reasonCode))),
      labelled('Not given', conceptText(given.statusReason)),
      ...notesOf(given.note)
    ],
    status: plain(given.status),
    date: given.occurrenceDateTime ?? given.recorded
  })

const procedureWords = (procedure: Procedure): ItemWords =>
  toWords({
    what: conceptText(procedure.code),
    details: [
      joined(conceptTexts(procedure.bodySite)),
      labelled('By', joined(displaysOf(procedure.performer?.map(({ actor }) => actor)))),
      ...notesOf(procedure.note)
    ],
    status: plain(procedure.status),
    date: procedure.performedDateTime ?? procedure.performedPeriod?.start
  })

const observationWords = (observation: Observation): ItemWords =>
  toWords({
    what: conceptText(observation.code),
    details: [
      valueText(observation),
      ...(observation.component ?? []).map((one) =>
        labelled(conceptText(one.code) ?? 'Part', valueText(one))
      ),
      ...conceptTexts(observation.interpretation),
      ...(observation.referenceRange ?? []).map(({ text, low, high }) =>
        labelled('Range', text ?? joined([quantityText(low), quantityText(high)], ' to '))
      ),
      ...notesOf(observation.note)
    ],
    status: plain(observation.status),
    date: observation.effectiveDateTime ?? observation.effectivePeriod?.start ?? observation.issued
  })

/** A value that is none of these is said to be there. */
function valueText(of: Observation | ObservationComponent): string | undefined {
  const { valueQuantity, valueString, valueBoolean, valueInteger, dataAbsentReason } = of
  if (valueQuantity) return quantityText(valueQuantity)
  if (valueBoolean !== undefined) return valueBoolean ? 'yes' : 'no'
  if (valueInteger !== undefined) return String(valueInteger)
  const text =
    valueString ??
    conceptText(of.valueCodeableConcept) ??
    (of.valueDateTime && dateText(of.valueDateTime)) ??
    periodText(of.valuePeriod)
  if (text !== undefined) return text
  const isOther = of.valueRange ?? of.valueRatio ?? of.valueSampledData ?? of.valueTime
  return isOther ? 'Value: see the result itself' : labelled('No value', conceptText(dataAbsentReason))
}

const reportWords = (report: DiagnosticReport): ItemWords =>
  toWords({
    what: conceptText(report.code),
    details: [
      report.conclusion,
      joined(conceptTexts(report.conclusionCode)),
      labelled('Results', joined(displaysOf(report.result), '; ')),
      joined((report.presentedForm ?? []).map(({ title }) => title))
    ],
    status: plain(report.status),
    date: report.effectiveDateTime ?? report.effectivePeriod?.start ?? report.issued
  })
