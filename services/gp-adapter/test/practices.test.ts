import { describe, expect, test } from 'vitest'
import { createPractices } from '../src/practices.ts'
import { source } from './support/surgery.ts'

const options = {
  consumer: {
    issuer: 'https://chesil.test',
    device: { system: 'https://chesil.test/Id/device', value: 'chesil', model: 'Chesil', version: '0' }
  },
  env: { EMPTY: '' },
  now: Date.now,
  newId: () => '0'
}
const open = (...sources: ReturnType<typeof source>[]) =>
  createPractices({ sources, readingOrganisations: [] }, options)

describe('a way to a practice', () => {
  test('is there for each live source, and for no other', async () => {
    const practices = open(
      source({ id: 'gp-live' }),
      source({ id: 'gp-planned', releaseStage: 'planned' }),
      source({ id: 'gp-retired', releaseStage: 'retired' })
    )
    expect([...practices.keys()]).toEqual(['gp-live'])
    expect(practices.get('gp-live')?.client.state()).toBe('closed')
    await Promise.all([...practices.values()].map((practice) => practice.close()))
  })

  test.each([
    ['its authority', { certificateAuthority: 'env:CA' }, 'env:CA'],
    ['its certificate', { clientCertificate: { certificate: 'env:CERT', key: 'env:KEY' } }, 'env:CERT'],
    ['an empty secret', { certificateAuthority: 'env:EMPTY' }, 'env:EMPTY']
  ])(
    'is not opened without %s, and the reference that leads nowhere is named',
    (_case, changes, reference) => {
      const { endpoint } = source()
      expect(() => open(source({ endpoint: { ...endpoint, ...changes } }))).toThrow(
        `The secret ${reference} is missing or empty`
      )
    }
  )
})
