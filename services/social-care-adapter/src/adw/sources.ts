import type { AdwSender, SourceCatalogue } from '@chesil/contracts'
import { type AdwMessage, isAdwAnswer } from '@chesil/mappers'

/** The live exchanges of notices, by each code that a hospital sends under. */
export type AdwSources = ReadonlyMap<string, AdwSender>

export const adwSourcesOf = ({ sources }: Pick<SourceCatalogue, 'sources'>): AdwSources =>
  new Map(
    sources
      .filter((source) => source.kind === 'adw')
      .filter(({ releaseStage }) => releaseStage === 'live')
      .flatMap((source) => codesOf(source).map((code) => [code, source] as const))
  )

/** The hospital's own code first. */
const codesOf = ({ odsCode, sites = [] }: AdwSender): readonly string[] => [...new Set([odsCode, ...sites])]

/**
 * A notice and its answer are of one source, the hospital's, so that they fold into one item. A hospital's sites send for
 * each other; a council that the hospital's entry names speaks for itself, and nobody for it.
 *
 * @param organisation Whom the transport has found the sender to be.
 * @returns `undefined` where the hospital is not known, or somebody sends who may not.
 */
export function findAdwSource(
  message: AdwMessage,
  organisation: string,
  sources: AdwSources
): AdwSender | undefined {
  const { sender } = message
  const source = hospitalEndsOf(message)
    .map((code) => sources.get(code))
    .find((found) => found !== undefined)
  if (!source || sender === undefined) return undefined
  const isOfCouncil = organisation === sender && source.councils.includes(sender)
  const codes = codesOf(source)
  const isOfHospital = codes.includes(sender) && codes.includes(organisation)
  const isOfSender = isAnswer(message) ? isOfCouncil : isOfHospital || (!message.event && isOfCouncil)
  return isOfSender ? source : undefined
}

const isAnswer = ({ event }: AdwMessage): boolean => event !== undefined && isAdwAnswer(event)

/** Of an event that we do not know it cannot be told which end is the hospital's. */
function hospitalEndsOf(message: AdwMessage): readonly string[] {
  const { event, sender, recipients } = message
  const senders = sender === undefined ? [] : [sender]
  if (!event) return [...senders, ...recipients]
  return isAnswer(message) ? recipients : senders
}
