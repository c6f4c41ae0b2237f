import { existsSync, globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { answerToMatches, answerToTrace } from '../src/pds/answer.ts'

/** The service's own published examples; they are not part of this repository. */
const folder = resolve(import.meta.dirname, '../../../../shared/data/pds')
const isHere = existsSync(folder)
/** Said aloud where the examples are absent. */
const rule = (text: string) => (isHere ? text : `SKIPPED, ../shared/data/pds is not here: ${text}`)

const answer = (status: number, file: string) => ({ status, body: readFileSync(resolve(folder, file)) })
const list = (pattern: string) => globSync(pattern, { cwd: folder }).sort()

test.skipIf(!isHere)(rule('every published Patient is found, and restricted where it says so'), () => {
  const files = list('stubs/patientResponses/*.json')
  expect(files.length).toBeGreaterThan(10)
  const traced = files.map((file) => answerToTrace(answer(200, file)))
  expect(traced.every(({ outcome }) => outcome === 'found')).toBe(true)
  const restricted = traced.flatMap((each) =>
    each.outcome === 'found' && each.confidentiality !== 'unrestricted'
      ? [each.nhsNumber, each.confidentiality]
      : []
  )
  expect(restricted).toEqual(['9000000025', 'restricted'])
})

test.skipIf(!isHere)(
  rule('every published searchset is read, save those with a number that fails its check digit'),
  () => {
    const files = list('{stubs/searchResponses,sandbox-mocks}/*.json').filter((file) => {
      const { resourceType, entry } = JSON.parse(readFileSync(resolve(folder, file), 'utf8'))
      return resourceType === 'Bundle' && entry?.[0]?.search
    })
    expect(files.length).toBeGreaterThan(20)
    const refused = files.filter((file) => {
      try {
        return answerToMatches(answer(200, file)).outcome !== 'matches'
      } catch {
        return true
      }
    })
    expect([...new Set(refused.map((file) => file.split('/').at(-1)))]).toEqual([
      'PatientCompoundName.json',
      'john_paul_smith_searchset.json'
    ])
  }
)

test.skipIf(!isHere)(rule('too many matches are told apart from none'), () => {
  expect(answerToMatches(answer(200, 'stubs/searchResponses/TOO_MANY_MATCHES.json'))).toEqual({
    outcome: 'too-many'
  })
})

test.skipIf(!isHere)(rule('the published errors are told apart'), () => {
  const trace = (status: number, name: string) =>
    answerToTrace(answer(status, `stubs/errorResponses/${name}.json`))
  expect(trace(404, 'RESOURCE_NOT_FOUND')).toEqual({ outcome: 'not-found' })
  expect(trace(404, 'INVALIDATED_RESOURCE')).toEqual({ outcome: 'invalidated' })
  expect(() => trace(403, 'ACCESS_DENIED')).toThrow(expect.objectContaining({ kind: 'upstreamUnavailable' }))
})
