import type { Appointment, DocumentReference, Encounter, Resource, ServiceRequest } from '@chesil/fhir'
import { conceptText, conceptTexts, dateText, displaysOf, periodText, plain } from './fhir-text.ts'
import type { ItemWords } from './item-words.ts'
import { nameText } from './name-text.ts'
import { joined, labelled, notesOf, toWords } from './words.ts'

/** @returns `undefined` for what no section shows. */
export function contactWords(resource: Resource): ItemWords | undefined {
  switch (resource.resourceType) {
    case 'Encounter':
      return encounterWords(resource)
    case 'Appointment':
      return appointmentWords(resource)
    case 'ServiceRequest':
      return requestWords(resource)
    case 'DocumentReference':
      return documentWords(resource)
    case 'Patient':
    case 'Practitioner':
      return toWords({ what: nameText(resource.name) })
    case 'Organization':
    case 'Location':
      return toWords({ what: resource.name })
    default:
      return undefined
  }
}

const encounterWords = (encounter: Encounter): ItemWords =>
  toWords({
    what: joined(conceptTexts(encounter.type)) ?? encounter.class.display ?? 'Contact',
    details: [
      encounter.serviceProvider?.display,
      labelled('Reason', joined(conceptTexts(encounter.reasonCode))),
      labelled('With', joined(displaysOf(encounter.participant?.map(({ individual }) => individual)))),
      periodText(encounter.period)
    ],
    status: plain(encounter.status),
    date: encounter.period?.start
  })

const appointmentWords = (appointment: Appointment): ItemWords =>
  toWords({
    what:
      joined(conceptTexts(appointment.serviceType)) ??
      conceptText(appointment.appointmentType) ??
      appointment.description ??
      'Appointment',
    details: [
      joined(displaysOf(appointment.participant.map(({ actor }) => actor))),
      labelled('Reason', joined(conceptTexts(appointment.reasonCode)))
    ],
    status: plain(appointment.status),
    date: appointment.start
  })

const requestWords = (request: ServiceRequest): ItemWords =>
  toWords({
    what: conceptText(request.code) ?? joined(conceptTexts(request.category)) ?? 'Request',
    details: [
      labelled('Reason', joined(conceptTexts(request.reasonCode))),
      labelled('From', request.requester?.display),
      labelled('To', joined(displaysOf(request.performer))),
      labelled('For', request.occurrenceDateTime && dateText(request.occurrenceDateTime)),
      ...notesOf(request.note)
    ],
    status: plain(request.status),
    date: request.authoredOn ?? request.occurrenceDateTime
  })

const documentWords = (document: DocumentReference): ItemWords =>
  toWords({
    what:
      document.description ??
      conceptText(document.type) ??
      document.content[0]?.attachment?.title ??
      'Document',
    details: [conceptText(document.type), joined(displaysOf(document.author))],
    status: plain(document.status),
    date: document.date ?? document.content[0]?.attachment?.creation
  })
