import type { WebhookIssue } from '@chesil/contracts'

/** Why something is not taken; each with what to do. */
export const pushFaults = {
  'not-fhir': 'Send a FHIR R4 resource, or a Bundle of them',
  'bundle-type': 'Send a Bundle of the type transaction, batch, message or collection',
  'no-message-header': 'A message begins with its MessageHeader',
  'too-many-entries': 'Send at most 5,000 entries at once',
  'no-entries': 'Nothing of it is about a person: send at least one resource that is',
  'unknown-type': 'This type of resource is not taken: leave it out',
  'no-resource': 'A resource is needed, or a request to delete one',
  method: 'Only PUT, POST and DELETE are taken',
  'request-url': 'The URL of the request and the resource do not name the same',
  'no-id': 'Give the resource the id that it has in your system: letters, digits, - and .',
  'full-url':
    'fullUrl is a URN, or an address that ends in the type and id of its resource, and stands once in a Bundle',
  'other-base': 'fullUrl is not below the FHIR base of your source: send only what is your own',
  'no-time': 'Say when this version was made: meta.lastUpdated with its zone, or else Bundle.timestamp',
  'time-to-come': 'This time is still to come: set the clock, and send it again',
  'no-subject': 'Name the person: by the Patient of the Bundle, Patient/{id} of your own, or an NHS number',
  'unknown-subject':
    'This person cannot be told: refer to a Patient of the Bundle, to Patient/{id} of your own, or give the NHS number',
  'several-subjects': 'It names several people as its subject: send what is about one person',
  'other-subject': 'The identifier of the subject is not that of the Patient whom it refers to'
} as const
export type PushFault = keyof typeof pushFaults

export interface PushIssue extends WebhookIssue {
  readonly reason: PushFault
}

export const issueOf = (reason: PushFault, expression?: string): PushIssue => ({
  reason,
  text: pushFaults[reason],
  ...(expression !== undefined && { expression })
})
