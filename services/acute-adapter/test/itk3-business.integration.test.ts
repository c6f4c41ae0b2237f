import { createValidator } from '@chesil/fhir-validator'
import { type MessageToTake, packBody, systemIds, takeMessages } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { beforeEach, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { createBusinessAnswers } from '../src/itk3/business-answers.ts'
import { itk3Interface, itk3MailboxInterface } from '../src/itk3/intake.ts'
import { type MapDeps, mapJob } from '../src/map/map-job.ts'
import { sent, trust } from './itk3-support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, contribution cascade')
})

/** Maps a letter that came so. @returns the answers in the outbox, and how the message stands. */
async function map(name: string, answer?: MapDeps['answerBusiness']) {
  const out: string[] = []
  const mailbox = { answer: async (_name: string, xml: string) => void out.push(xml) }
  const own = { odsCode: 'X26', endpoint: 'CHESIL' }
  const message: MessageToTake = {
    id: systemIds.newId(),
    sourceId: 'trust-letters',
    interface: name,
    body: await packBody(sent({ wantsBusinessAnswer: true })),
    bodyHash: 'hash',
    controlKey: 'key',
    controlId: 'm-1',
    event: 'document',
    characterSet: 'UTF-8',
    isCharacterSetGuessed: false
  }
  await db().transaction((sql) => takeMessages(sql, [message]))
  const outcomes: string[] = []
  const deps: MapDeps = {
    database: db(),
    senders: new Map([['trust-letters', trust()]]),
    settleAnswer: async () => 'mapped',
    answerBusiness: answer ?? createBusinessAnswers({ mailbox, own, newId: systemIds.newId, now: Date.now }),
    validator: createValidator(),
    ids: systemIds,
    leaseMs: 30_000,
    onOutcome: (_source, outcome) => outcomes.push(outcome),
    onInvalid: () => undefined
  }
  for (let times = 0; times < 2; times++) await mapJob(message.id, deps, createLogger('test', 'silent'))
  return { out, outcomes }
}

test('a letter from the mailbox is answered once it is mapped, once', async () => {
  const { out, outcomes } = await map(itk3MailboxInterface)
  expect([outcomes, out.length]).toEqual([['mapped'], 1])
  expect(out[0]).toContain('"30001"')
})

test('one over HTTP has had its answer', async () => {
  expect(await map(itk3Interface)).toEqual({ out: [], outcomes: ['mapped'] })
})

test('an answer that cannot be given keeps no message back', async () => {
  const { outcomes } = await map(itk3MailboxInterface, async () => Promise.reject(new Error('disk full')))
  expect(outcomes).toEqual(['mapped'])
})
