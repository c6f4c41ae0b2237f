import type { Itk3Sender } from '@chesil/contracts'
import { type Itk3Message, itk3Traits } from '@chesil/mappers'
import { createDenial } from '../intake/denied-values.ts'

/** Whether a message is of a kind that its source does not share, see `refuse` in the catalogue. */
export function isDenied({ refuse }: Itk3Sender, message: Itk3Message): boolean {
  const traits = itk3Traits(message)
  const title = message.composition?.source['title']
  const names = [...traits.locations, ...traits.settings, ...(typeof title === 'string' ? [title] : [])]
  return createDenial(refuse)({ ...traits, names })
}
