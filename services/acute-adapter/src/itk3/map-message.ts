import type { MappedMessage } from '@chesil/contracts'
import { itk3ToContributions, type MessageContext, readItk3Message } from '@chesil/mappers'
import { decodeFhirXml } from '@chesil/message-intake'

/** Maps an ITK3 message of the inbox. */
export function mapItk3Message(body: Buffer, context: MessageContext): MappedMessage {
  const text = decodeFhirXml(body)
  const message = text === undefined ? undefined : readItk3Message(text)
  return message ? itk3ToContributions(message, context) : { outcome: 'refused', reason: 'not-a-record' }
}
