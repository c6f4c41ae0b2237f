import type { AdwSender, Hl7v2Sender, Source, SourceCatalogue } from '@chesil/contracts'

/** @returns what is wrong with a catalogue of which each part is right by itself, a line each. */
export const brokenRules = ({ sources, readingOrganisations }: SourceCatalogue): readonly string[] => [
  ...repeated(sources, ({ id }) => id).map(([{ id }]) => `two sources have the id ${id}`),
  ...repeated(sources.filter(isLive), ({ kind, odsCode }) => `${kind} ${odsCode}`).map(
    ([{ kind, odsCode }]) => `two live ${kind} sources have the ODS code ${odsCode}`
  ),
  ...sendersNamedTwice(sources),
  ...hospitalsNamedTwice(sources),
  ...repeated(readingOrganisations, ({ odsCode }) => odsCode).map(
    ([{ odsCode }]) => `two reading organisations have the ODS code ${odsCode}`
  ),
  ...sources
    .filter(({ retention, agreement }) => retention === 'store' && agreement === undefined)
    .map(({ id }) => `${id}: retention "store" needs a recorded agreement`)
]

const isLive = ({ releaseStage }: Source): boolean => releaseStage === 'live'

type Sender = Hl7v2Sender['senders'][number]

/**
 * Whose message is it, if two sources name its sender? A sender without an application stands back behind one with it, so
 * these two are not the same.
 */
function sendersNamedTwice(sources: readonly Source[]): readonly string[] {
  const named = sources.flatMap((source) =>
    source.kind === 'hl7v2' ? distinctSenders(source).map((sender) => ({ id: source.id, sender })) : []
  )
  return repeated(named, ({ sender }) => senderKey(sender)).map(
    (same) => `${same.map(({ id }) => id).join(' and ')} name the same sender: ${senderText(same[0].sender)}`
  )
}

/** Of whose exchange is a notice, if two name the site that sends it? */
function hospitalsNamedTwice(sources: readonly Source[]): readonly string[] {
  const named = sources
    .filter((source) => source.kind === 'adw')
    .filter(isLive)
    .flatMap((source) => codesOf(source).map((code) => ({ id: source.id, code })))
  return repeated(named, ({ code }) => code).map(
    (same) => `${same.map(({ id }) => id).join(' and ')} both exchange the notices of ${same[0].code}`
  )
}

const codesOf = ({ odsCode, sites = [] }: AdwSender): readonly string[] => [...new Set([odsCode, ...sites])]

const distinctSenders = ({ senders }: Hl7v2Sender): readonly Sender[] => [
  ...new Map(senders.map((sender) => [senderKey(sender), sender])).values()
]

const senderKey = ({ application, facility }: Sender): string =>
  JSON.stringify([application?.toLowerCase() ?? null, facility.toLowerCase()])

const senderText = ({ application, facility }: Sender): string =>
  `${application === undefined ? 'any application' : `application "${application}"`}, facility "${facility}"`

/** @returns the values that share a key, together. */
function repeated<Value>(
  values: readonly Value[],
  keyOf: (value: Value) => string
): readonly (readonly [Value, ...Value[]])[] {
  const groups = new Map<string, [Value, ...Value[]]>()
  for (const value of values) {
    const group = groups.get(keyOf(value))
    if (group) group.push(value)
    else groups.set(keyOf(value), [value])
  }
  return [...groups.values()].filter(({ length }) => length > 1)
}
