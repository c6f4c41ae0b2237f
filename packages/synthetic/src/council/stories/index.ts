import { carer, carerByAssociation } from './carers.ts'
import {
  correctedEnd,
  correctedUnits,
  cropped,
  doubleUp,
  reablement,
  reappearing,
  resent
} from './changes.ts'
import { awkwardText, invalidValues, rowWithoutPerson, withoutNhsNumber, wrongNhsNumber } from './defects.ts'
import { dayCare, equipment, pathway, steadyHomeCare } from './everyday.ts'
import {
  asylumSeeker,
  autism,
  dementia,
  directPayment,
  hearingImpairment,
  prison,
  residentialCare,
  substanceMisuse,
  visualImpairment
} from './settings.ts'
import type { Story } from './story.ts'

/** Most people have two to four of these. */
export const everydayStories: Readonly<Record<string, Story>> = {
  'steady-home-care': steadyHomeCare,
  pathway,
  equipment,
  'day-care': dayCare
}

/** Everybody has one of these, in turn; the carer comes after whom they could care for. */
export const particularStories: Readonly<Record<string, Story>> = {
  'residential-care': residentialCare,
  cropped,
  reappearing,
  'corrected-units': correctedUnits,
  'corrected-end': correctedEnd,
  resent,
  carer,
  reablement,
  'direct-payment': directPayment,
  prison,
  'asylum-seeker': asylumSeeker,
  'substance-misuse': substanceMisuse,
  autism,
  'visual-impairment': visualImpairment,
  'hearing-impairment': hearingImpairment,
  dementia,
  'without-nhs-number': withoutNhsNumber,
  'wrong-nhs-number': wrongNhsNumber,
  'invalid-values': invalidValues,
  'row-without-person': rowWithoutPerson,
  'carer-by-association': carerByAssociation,
  'double-up': doubleUp,
  'awkward-text': awkwardText
}

/** Instead of a particular one, for those of whom PDS says that they have died. */
export const lastStory: readonly [string, Story] = ['residential-until-death', residentialCare]

export const councilStoryNames: readonly string[] = [
  ...Object.keys(everydayStories),
  ...Object.keys(particularStories),
  lastStory[0]
]
