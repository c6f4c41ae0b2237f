import type { MappedMessage } from '@chesil/contracts'
import type { MessageContext } from '@chesil/mappers'

/** Maps a notice or a form of the inbox. Pure. */
export type MapMessage = (body: Buffer, context: MessageContext) => MappedMessage
