import type { MappedMessage } from '@chesil/contracts'
import { itk3Acknowledgement, itk3BusinessResponse, readItk3Message } from '@chesil/mappers'
import { decodeFhirXml } from '@chesil/message-intake'
import type { Itk3IntakeDeps } from './intake.ts'
import type { Mailbox } from './mailbox-folder.ts'

export interface BusinessAnswersDeps extends Pick<Itk3IntakeDeps, 'own' | 'newId' | 'now'> {
  readonly mailbox: Pick<Mailbox, 'answer'>
}

/** Puts the business acknowledgement of a message that was mapped or refused into the outbox, where it asks for one. */
export function createBusinessAnswers({ mailbox, own, newId, now }: BusinessAnswersDeps) {
  /** @param name Of the message here. */
  return async (name: string, body: Buffer, mapped: MappedMessage): Promise<void> => {
    const text = decodeFhirXml(body)
    const message = text === undefined ? undefined : readItk3Message(text)
    if (!message?.acknowledge.business) return
    const acknowledgement = itk3Acknowledgement({
      to: message,
      code: itk3BusinessResponse(mapped),
      at: new Date(now()).toISOString(),
      ids: { bundle: newId(), header: newId(), sender: newId(), receiver: newId(), outcome: newId() },
      from: own
    })
    await mailbox.answer(`${name}.business.xml`, acknowledgement)
  }
}
