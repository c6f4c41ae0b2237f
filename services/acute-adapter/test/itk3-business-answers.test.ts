import { randomUUID } from 'node:crypto'
import { readItk3Message } from '@chesil/mappers'
import { expect, test } from 'vitest'
import { createBusinessAnswers } from '../src/itk3/business-answers.ts'
import { sent } from './itk3-support.ts'

function openAnswers() {
  const out = new Map<string, string>()
  const answer = createBusinessAnswers({
    mailbox: { answer: async (name, xml) => void out.set(name, xml) },
    own: { odsCode: 'X26', endpoint: 'CHESIL' },
    newId: randomUUID,
    now: () => 0
  })
  return { out, answer }
}

const mapped = {
  outcome: 'mapped',
  sourceTime: '2026-03-01T00:00:00.000Z',
  sourceSequence: 0,
  parts: []
} as const
const refused = { outcome: 'refused', reason: 'no-person' } as const

test.each([
  { case: 'that was mapped', outcome: mapped, code: '30001' },
  { case: 'about nobody', outcome: refused, code: '30002' }
])('a message $case is answered with $code, once however often it is said', async ({ outcome, code }) => {
  const { out, answer } = openAnswers()
  for (let times = 0; times < 2; times++) await answer('m', sent({ wantsBusinessAnswer: true }), outcome)
  expect([...out.keys()]).toEqual(['m.business.xml'])
  const xml = out.get('m.business.xml') ?? ''
  expect(xml).toContain(`"${code}"`)
  expect(readItk3Message(xml)).toMatchObject({ kind: 'acknowledgement', recipient: 'RXX' })
})

test.each([
  { case: 'that wants no answer', body: sent({ wantsBusinessAnswer: false }) },
  { case: 'that cannot be read', body: Buffer.from('<a/>') },
  { case: 'that is an acknowledgement itself', body: sent({ event: 'ITK008M', wantsBusinessAnswer: true }) }
])('a message $case gets none', async ({ body }) => {
  const { out, answer } = openAnswers()
  await answer('m', body, mapped)
  expect(out.size).toBe(0)
})
