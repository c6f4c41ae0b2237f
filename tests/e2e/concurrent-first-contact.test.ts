import { afterAll, beforeAll, expect, test } from 'vitest'
import { resourcesOf, type Stack, startStack } from '../support/stack.ts'

let stack: Stack
beforeAll(async () => {
  stack = await startStack()
})
afterAll(() => stack?.stop())

test('64 readers who ask for somebody new at once make one person and one pull', async () => {
  const person = (await stack.people()).find(({ kind }) => kind === 'ordinary')
  if (!person) throw new Error('The sandbox has nobody ordinary')
  const { nhsNumber } = person
  const asked = Array.from({ length: 64 }, (_, n) =>
    n % 2 === 0
      ? stack.ask(`Patient?identifier=${nhsNumber}`)
      : stack.ask(`Patient?family=${person.family}&birthdate=${person.birthDate}`)
  )
  const answers = await Promise.all(asked)
  const ids = answers.flatMap(({ body }) => resourcesOf(body, 'Patient').map(({ id }) => id))
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 64 }, () => 200))
  expect(new Set(ids).size).toBe(1)

  const id = ids[0] as string
  await Promise.all(Array.from({ length: 16 }, () => stack.ask(`Patient/${id}/$everything`)))
  await stack.settle(id)
  const count = async (sql: string) => (await stack.database.query(sql, [id])).length
  expect(await count('select from patient_identifier where patient_id = $1')).toBe(1)
  expect(await count('select from pull where patient_id = $1')).toBe(1)
  expect(await count(`select from patient_version where patient_id = $1 and cause = 'contribution'`)).toBe(1)
})
