import { isOutcomeError, OutcomeError } from '@chesil/fhir'
import { type AdwMessage, adwResponse } from '@chesil/mappers'
import { type KeptNotice, mostNotices, type NoticeName, unpackBody } from '@chesil/record-store'
import { type AdwIntake, readNotice } from './intake.ts'

/** What a council decides. */
export interface AdwDecision {
  /** The id that `POST /adw` was answered with, or that of the notice's MessageHeader. */
  readonly noticeId: string
  readonly answer: 'accept' | 'reject'
  /** In the council's words. */
  readonly reason?: string
  /** Of the council. */
  readonly name?: string
}

export interface AdwAnswersDeps {
  readonly findNotices: (name: NoticeName) => Promise<readonly KeptNotice[]>
  /** Takes the answer in, as if the council had sent it. */
  readonly takeAdw: AdwIntake
  /** UUID */
  readonly newId: () => string
  /** ms since 1970 */
  readonly now: () => number
  /** @param sourceId `unknown` where there is no such notice. */
  readonly onOutcome: (sourceId: string, outcome: string) => void
}

/**
 * @param organisation ODS code of the council that answers.
 * @returns the message for the hospital, XML, once it is committed here.
 * @throws OutcomeError `notFound`, `forbidden`, `conflict`, `unmappable` or `unavailable`: nothing is kept.
 */
export type AdwAnswers = (decision: AdwDecision, organisation: string) => Promise<string>

/**
 * Answers notices for councils that have no system for them. The answer is taken in like one that came, so that ward and
 * council see the same. The same decision again is another answer, which changes nothing.
 */
export function createAdwAnswers(deps: AdwAnswersDeps): AdwAnswers {
  return async (decision, organisation) => {
    const found = await find(decision.noticeId, deps)
    const xml = await refusing(found, deps, async () => {
      if (found.length >= mostNotices) throw severalNotices()
      const notice = onlyNotice(await readAll(found), organisation)
      return write(notice, decision, organisation, deps)
    })
    await deps.takeAdw({ bytes: Buffer.from(xml), organisation })
    return xml
  }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

async function find(
  noticeId: string,
  { findNotices, onOutcome }: AdwAnswersDeps
): Promise<readonly KeptNotice[]> {
  const id = uuid.test(noticeId) ? noticeId.toLowerCase() : undefined
  const found = await findNotices({ id, controlId: noticeId }).catch((cause: unknown) => {
    onOutcome('unknown', 'unavailable')
    throw new OutcomeError('unavailable', 'The notice cannot be looked for just now: send it again', {
      cause
    })
  })
  // Our own id means one; a number of a sender's may mean several.
  const named = found.filter((notice) => notice.id === id)
  return named.length > 0 ? named : found
}

/** Counts what cannot be answered under the source of the notice. */
async function refusing<Result>(
  [first]: readonly KeptNotice[],
  { onOutcome }: AdwAnswersDeps,
  work: () => Promise<Result>
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    onOutcome(first?.sourceId ?? 'unknown', 'unanswered')
    throw error
  }
}

async function readAll(found: readonly KeptNotice[]): Promise<readonly AdwMessage[]> {
  const bodies = await Promise.all(found.map(({ body }) => unpackBody(body)))
  return bodies.flatMap((body) => readNotice(body) ?? [])
}

/** Published examples share ids. Of two that a council may mean neither is guessed at: they may be about two people. */
function onlyNotice(found: readonly AdwMessage[], organisation: string): AdwMessage {
  if (found.length === 0) throw new OutcomeError('notFound', 'No such notice was received')
  const own = found.filter(({ recipients }) => recipients.some((code) => code === organisation))
  if (own.length === 0) throw new OutcomeError('forbidden', 'The notice was sent to somebody else')
  const [notice, ...others] = own.filter(({ event }) => event?.accept !== undefined)
  if (!notice)
    throw new OutcomeError('unmappable', 'Only a notice that asks for something or withdraws it is answered')
  if (others.length > 0) throw severalNotices()
  return notice
}

const severalNotices = (): OutcomeError =>
  new OutcomeError(
    'conflict',
    'Several notices have this number: name the one by the id that it was received under'
  )

/** @throws OutcomeError `unmappable` where the notice lacks what an answer has to name. */
function write(
  notice: AdwMessage,
  { answer, reason, name }: AdwDecision,
  organisation: string,
  { newId, now }: AdwAnswersDeps
): string {
  try {
    return adwResponse({
      notice,
      answer,
      ...(reason !== undefined && { reason }),
      from: { odsCode: organisation, ...(name !== undefined && { name }) },
      at: new Date(now()).toISOString(),
      newId
    })
  } catch (error) {
    if (!isOutcomeError(error)) throw error
    const { message, expression } = error
    throw new OutcomeError('unmappable', message, { cause: error, ...(expression && { expression }) })
  }
}
