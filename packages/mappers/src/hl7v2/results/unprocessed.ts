import type { Section } from '@chesil/contracts'
import type { Message } from '../message.ts'
import { emptyBody, type MessageBody } from '../message-body.ts'

/** Nothing is taken from a message; its reader is told that there is one. */
export const unprocessedBody = ({ type, trigger }: Message, section: Section): MessageBody => ({
  ...emptyBody,
  quarantined: [
    {
      reason: 'unprocessed-message',
      resourceType: 'MessageHeader',
      sections: [section],
      expression: `${type}^${trigger}`
    }
  ]
})
