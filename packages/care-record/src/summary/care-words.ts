import {
  type CarePlan,
  type CareTeam,
  chesil,
  type Device,
  type EpisodeOfCare,
  type Extension,
  type Flag,
  type QuestionnaireResponse,
  type RelatedPerson,
  type Resource,
  type Task
} from '@chesil/fhir'
import { contactWords } from './contact-words.ts'
import { conceptText, conceptTexts, dateText, displaysOf, periodText, plain } from './fhir-text.ts'
import type { ItemWords } from './item-words.ts'
import { nameText } from './name-text.ts'
import { joined, labelled, notesOf, toWords } from './words.ts'

/** @returns `undefined` for what no section shows. */
export function careWords(resource: Resource): ItemWords | undefined {
  switch (resource.resourceType) {
    case 'Flag':
      return flagWords(resource)
    case 'EpisodeOfCare':
      return serviceWords(resource)
    case 'Device':
      return deviceWords(resource)
    case 'Task':
      return taskWords(resource)
    case 'CarePlan':
      return planWords(resource)
    case 'CareTeam':
      return teamWords(resource)
    case 'RelatedPerson':
      return relatedWords(resource)
    case 'QuestionnaireResponse':
      return formWords(resource)
    default:
      return contactWords(resource)
  }
}

const flagWords = ({ code, category, status, period, author }: Flag): ItemWords =>
  toWords({
    what: conceptText(code),
    details: [joined(conceptTexts(category)), periodText(period), labelled('By', author?.display)],
    status: plain(status),
    date: period?.start
  })

const extensionOf = (extensions: readonly Extension[] | undefined, name: string): Extension | undefined =>
  extensions?.find(({ url }) => url === chesil.extension(name))

function serviceWords({ type, extension, status, period, managingOrganization }: EpisodeOfCare): ItemWords {
  const units = extensionOf(extension, 'planned-units-per-week')?.valueDecimal
  return toWords({
    what:
      joined(conceptTexts(type)) ??
      conceptText(extensionOf(extension, 'service-category')?.valueCodeableConcept),
    details: [
      conceptText(extensionOf(extension, 'delivery-mechanism')?.valueCodeableConcept),
      labelled('Planned a week', units === undefined ? undefined : String(units)),
      labelled('Provider', extensionOf(extension, 'care-provider')?.valueReference?.display),
      periodText(period),
      labelled('Council', managingOrganization?.display)
    ],
    status: plain(status),
    date: period?.start
  })
}

const deviceWords = ({ type, deviceName, status, note }: Device): ItemWords =>
  toWords({
    what: conceptText(type) ?? deviceName?.[0]?.name,
    details: notesOf(note),
    status: plain(status)
  })

const taskWords = ({
  code,
  description,
  status,
  restriction,
  owner,
  executionPeriod,
  authoredOn
}: Task): ItemWords =>
  toWords({
    what: conceptText(code) ?? description,
    details: [
      labelled('Due by', restriction?.period?.end && dateText(restriction.period.end)),
      periodText(executionPeriod),
      labelled('By', owner?.display)
    ],
    status: plain(status),
    date: executionPeriod?.start ?? authoredOn
  })

const planWords = ({ title, category, description, activity, status, period, note }: CarePlan): ItemWords =>
  toWords({
    what: title ?? joined(conceptTexts(category)),
    details: [
      description,
      ...(activity ?? []).map(({ detail }) => detail?.description ?? conceptText(detail?.code)),
      ...notesOf(note)
    ],
    status: plain(status),
    date: period?.start
  })

const teamWords = ({ name, participant, status, period, managingOrganization }: CareTeam): ItemWords =>
  toWords({
    what: name ?? 'Care team',
    details: [
      ...(participant ?? []).map(({ member, role }) =>
        labelled(joined(conceptTexts(role)) ?? 'Member', member?.display)
      ),
      joined(displaysOf(managingOrganization))
    ],
    status: plain(status),
    date: period?.start
  })

const relatedWords = ({ name, relationship, telecom, active, period }: RelatedPerson): ItemWords =>
  toWords({
    what: nameText(name) ?? 'Somebody without a name',
    details: [joined(conceptTexts(relationship)), joined((telecom ?? []).map(({ value }) => value))],
    status: active === false ? 'no longer' : undefined,
    date: period?.start
  })

function formWords({ questionnaire, status, authored, item, author }: QuestionnaireResponse): ItemWords {
  const answers = (item ?? []).flatMap(({ text, answer }) =>
    (answer ?? []).map(({ valueString }) => labelled(text ?? 'Answer', valueString))
  )
  return toWords({
    what: item?.[0]?.text ?? questionnaire ?? 'Form',
    details: [...answers, labelled('By', author?.display)],
    status: plain(status),
    date: authored
  })
}
