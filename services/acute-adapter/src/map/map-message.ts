import type { MappedMessage } from '@chesil/contracts'
import type { MessageContext } from '@chesil/mappers'

/**
 * Maps a message of the inbox that came unasked. Pure.
 *
 * @param characterSet By which the bytes are decoded, where they are neither JSON nor XML.
 */
export type MapMessage = (body: Buffer, context: MessageContext, characterSet: string | null) => MappedMessage
