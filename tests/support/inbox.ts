import { randomUUID } from 'node:crypto'
import {
  type ClaimedMessage,
  claimMessage,
  type Database,
  type MessageToTake,
  takeMessages
} from '@chesil/record-store'

const withoutBytes = (name: string) => ({
  id: randomUUID(),
  sourceId: 'hospital',
  interface: 'hl7v2',
  bodyHash: `hash of ${name}`,
  controlKey: `key of ${name}`,
  controlId: name,
  event: 'ADT^A01',
  characterSet: 'utf8',
  isCharacterSetGuessed: false
})

/** A message of a hospital, as an interface hands it to the inbox. Its name is its bytes, too. */
export const messageOf = (name: string, changes: Partial<MessageToTake> = {}): MessageToTake => ({
  ...withoutBytes(name),
  body: Buffer.from(name),
  ...changes
})

/** One that says of a stay that it is not shared: it comes without bytes. */
export const refusalOf = (
  name: string,
  visitHash: string,
  changes: Partial<MessageToTake> = {}
): MessageToTake => ({ ...withoutBytes(name), visitHash, ...changes })

/** The inbox of a database, as an interface and then a worker see it. */
export function openInbox(db: () => Database) {
  return {
    /** @returns what became of each. */
    async take(...messages: readonly MessageToTake[]): Promise<string[]> {
      const taken = await db().transaction((sql) => takeMessages(sql, messages))
      return taken.map(({ outcome }) => outcome)
    },

    /** @throws Error when it is not free. */
    async claim(messageId: string): Promise<ClaimedMessage> {
      const claimed = await claimMessage(db(), messageId, 1_000)
      if (!claimed) throw new Error('The message could not be claimed')
      return claimed
    }
  }
}
