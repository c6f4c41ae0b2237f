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
  type Range,
  type Ratio,
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

/** What is written, and what is told in numbers beside it as far as the words name no amount. */
function doseText(dosage: Dosage): string | undefined {
  const { text, patientInstruction, timing, route } = dosage
  const written = joined([text, patientInstruction === text ? undefined : patientInstruction])
  const often = joined([conceptText(timing?.code) ?? oftenText(timing?.repeat), timesText(timing?.repeat)])
  const most = mostText(dosage)
  if (written === undefined)
    return joined([amountText(dosage), often, asNeededText(dosage), most, conceptText(route)])
  const plain = written.toLowerCase()
  const isCounted = /\d|\b(one|two|three|four|five|six|half)\b/.test(plain)
  const days = (timing?.repeat?.dayOfWeek ?? []).filter((day) => !plain.includes(day))
  return joined([
    written,
    ...(isCounted ? [] : [amountText(dosage), often]),
    ...(isCounted && days.length > 0 ? [daysText(days)] : []),
    /\b(required|needed|prn)\b/.test(plain) ? undefined : asNeededText(dosage),
    /\bmax/.test(plain) ? undefined : most
  ])
}

const amountText = ({ doseAndRate = [] }: Dosage): string | undefined =>
  joined(
    doseAndRate.map(({ doseQuantity, doseRange, rateQuantity, rateRange, rateRatio }) =>
      joined(
        [
          quantityText(doseQuantity) ?? rangeText(doseRange),
          labelled('rate', quantityText(rateQuantity) ?? rangeText(rateRange) ?? ratioText(rateRatio))
        ],
        ' '
      )
    )
  )

const rangeText = (range: Range | undefined): string | undefined =>
  joined([quantityText(range?.low), quantityText(range?.high)], ' to ')

const ratioText = (ratio: Ratio | undefined): string | undefined =>
  joined([quantityText(ratio?.numerator), quantityText(ratio?.denominator)], ' in ')

function mostText(dosage: Dosage): string | undefined {
  const { maxDosePerPeriod, maxDosePerAdministration, maxDosePerLifetime } = dosage
  return joined([
    labelled('maximum', ratioText(maxDosePerPeriod)),
    labelled('maximum at once', quantityText(maxDosePerAdministration)),
    labelled('maximum ever', quantityText(maxDosePerLifetime))
  ])
}

/** `in the morning`, `at 08:00`, `on Monday`. */
function timesText(repeat: TimingRepeat | undefined): string | undefined {
  const { when = [], timeOfDay = [], dayOfWeek = [] } = repeat ?? {}
  return joined([
    ...when.map((code) => partsOfDay.get(code) ?? code),
    ...timeOfDay.map((time) => `at ${time.slice(0, 5)}`),
    daysText(dayOfWeek)
  ])
}

const daysText = (days: readonly string[]): string | undefined =>
  days.length === 0 ? undefined : `on ${days.map((day) => dayNames.get(day) ?? day).join(' and ')}`

const dayNames: ReadonlyMap<string, string> = new Map([
  ['mon', 'Monday'],
  ['tue', 'Tuesday'],
  ['wed', 'Wednesday'],
  ['thu', 'Thursday'],
  ['fri', 'Friday'],
  ['sat', 'Saturday'],
  ['sun', 'Sunday']
])

const partsOfDay: ReadonlyMap<string, string> = new Map([
  ['MORN', 'in the morning'],
  ['NOON', 'at noon'],
  ['AFT', 'in the afternoon'],
  ['EVE', 'in the evening'],
  ['NIGHT', 'at night'],
  ['HS', 'at bedtime'],
  ['AC', 'before meals'],
  ['PC', 'after meals'],
  ['C', 'with meals']
])

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
