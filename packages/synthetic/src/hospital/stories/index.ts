import type { Story } from '../chart.ts'
import { appointment, cancelledAppointment, gumClinic, outpatient } from './clinics.ts'
import {
  cancelledAdmission,
  cancelledDischarge,
  cancelledTransfer,
  lateTransfer,
  repeatedAdmission,
  reusedControlId,
  unhandledTrigger,
  updateFirst
} from './corrections.ts'
import {
  accents,
  mistypedBirthDate,
  mistypedNumber,
  telephoneDeleted,
  twin,
  untraced,
  withoutNhsNumber
} from './demographics.ts'
import { doubleMerge, linkUndone, merge, movedVisit } from './identities.ts'
import { cancelledLetter, letter, replacedLetter } from './letters.ts'
import {
  bloodCount,
  chemistry,
  correctedResult,
  pdfReport,
  textReport,
  wrongPatientResult
} from './results.ts'
import { emergency, inpatient, preAdmission } from './stays.ts'

/** What happens to most people. */
export const everydayStories: Readonly<Record<string, Story>> = {
  inpatient,
  emergency,
  outpatient,
  'blood-count': bloodCount,
  chemistry,
  letter,
  appointment
}

/** What happens once in the day, each to somebody else as far as there are people. */
export const particularStories: Readonly<Record<string, Story>> = {
  'pre-admission': preAdmission,
  'cancelled-admission': cancelledAdmission,
  'cancelled-transfer': cancelledTransfer,
  'cancelled-discharge': cancelledDischarge,
  'late-transfer': lateTransfer,
  'update-first': updateFirst,
  'repeated-admission': repeatedAdmission,
  'reused-control-id': reusedControlId,
  'unhandled-trigger': unhandledTrigger,
  'telephone-deleted': telephoneDeleted,
  'corrected-result': correctedResult,
  'wrong-patient-result': wrongPatientResult,
  'text-report': textReport,
  'pdf-report': pdfReport,
  'replaced-letter': replacedLetter,
  'cancelled-letter': cancelledLetter,
  'cancelled-appointment': cancelledAppointment,
  'gum-clinic': gumClinic,
  'without-nhs-number': withoutNhsNumber,
  untraced,
  accents,
  twin,
  'mistyped-number': mistypedNumber,
  'mistyped-birth-date': mistypedBirthDate,
  merge,
  'double-merge': doubleMerge,
  'link-undone': linkUndone,
  'moved-visit': movedVisit
}
