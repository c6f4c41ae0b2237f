import { chesil } from '@chesil/fhir'
import { type Topic, topics } from './topics.ts'

const about: Readonly<Record<Topic, string>> = {
  'record-changed': 'Anything in the record came, changed or went',
  'encounter-started': 'A stay or visit is under way',
  'encounter-ended': 'A stay or visit is over, or was cancelled',
  'new-result': 'A result or report came, or became final',
  'new-document': 'A document came',
  'care-plan-changed': 'A care plan came, changed or went',
  'flag-changed': 'A flag or warning came, changed or went',
  correction:
    'Something does not stand as it did: it was withdrawn, entered in error, or moved to or from the person',
  receipt:
    'Nothing more will become of an event that you sent; of no person, and in the form of Standard Webhooks alone'
}

/** What partners can be told of, in the order of `topics`. */
export const eventCatalogue = () =>
  topics.map((topic) => ({ topic, canonical: chesil.subscriptionTopic(topic), about: about[topic] }))
