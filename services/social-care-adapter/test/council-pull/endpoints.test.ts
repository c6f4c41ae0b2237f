import { exportSigningKey, generateSigningKey } from '@chesil/access-tokens'
import { expect, onTestFinished, test } from 'vitest'
import { createCouncilEndpoints } from '../../src/council-pull/endpoints.ts'
import { source } from './council.ts'

const key = exportSigningKey(await generateSigningKey({ algorithm: 'ES384' }))
const connect = async (releaseStage: 'live' | 'planned' | 'retired') => {
  const endpoints = await createCouncilEndpoints(
    { sources: [source({ releaseStage })], readingOrganisations: [] },
    { env: { KEY: key }, now: Date.now, newId: () => crypto.randomUUID() }
  )
  onTestFinished(async () => {
    for (const one of endpoints.values()) await one.close()
  })
  return [...endpoints.keys()]
}

test('a live council API is connected', async () => {
  expect(await connect('live')).toEqual(['council-api'])
})

test.each(['planned', 'retired'] as const)('a %s one is not', async (stage) => {
  expect(await connect(stage)).toEqual([])
})
