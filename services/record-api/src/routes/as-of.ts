import { type Coding, chesil, findDateInterval, OutcomeError } from '@chesil/fhir'
import type { FastifyReply } from 'fastify'
import type { HeldAt } from '../person/gather-facts.ts'

/**
 * @returns ms since 1970; `undefined` where nothing is asked for.
 * @throws OutcomeError `invalid` for what is no moment: a day has no one version.
 */
export function parseAsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const isInstant = /T.+(Z|[+-]\d\d:\d\d)$/.test(text)
  const interval = isInstant ? findDateInterval(text) : undefined
  if (!interval) throw new OutcomeError('invalid', '_asOf needs a FHIR instant, such as 2026-03-01T09:30:00Z')
  return interval.low
}

/** Which version it was, and the hash that was stored when it was made: of all that was held, shown here or not. */
export const heldTags = ({ version, hash }: HeldAt): readonly Coding[] => [
  { system: chesil.versionHash, code: hash, display: `Version ${version}` }
]

/** The same as headers, for documents too. */
export function tellHeld(reply: FastifyReply, held: HeldAt | undefined): void {
  if (!held) return
  reply.header('Chesil-Version', String(held.version)).header('Chesil-Version-Hash', held.hash)
}
