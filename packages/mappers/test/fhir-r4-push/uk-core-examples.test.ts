import { readdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { pushedItemTypes } from '../../src/index.ts'
import type { Loose } from '../asking.ts'
import { areHere, orSkip, readData } from '../on-disk.ts'
import { bundle, faultsOf, issuesIn, partsIn } from './pushing.ts'

const folder = ['ukcore', 'examples-json-converted'] as const
const here = path.resolve(import.meta.dirname, '../../../../../shared/data', ...folder)
const files = areHere ? readdirSync(here).filter((file) => file.startsWith('UKCore-')) : []
const examples = files.flatMap((file) => {
  const resource = readData(...folder, file)
  return pushedItemTypes.includes(resource['resourceType']) ? [[file, resource] as const] : []
})

/** Published examples that name nobody: nothing of them is guessed. */
const refused: Readonly<Record<string, string>> = {
  'UKCore-Observation-FingerJointInflamed-Example.json': 'no-subject Bundle.entry[0].resource.subject',
  'UKCore-Observation-Lab-Albumin-Example.json': 'unknown-subject Bundle.entry[0].resource.subject'
}

describe.skipIf(!areHere)(`UK Core’s published examples, each by itself (${orSkip})`, () => {
  test.each(examples)('%s', (file, resource: Loose) => {
    const json = bundle([resource])
    const faults = faultsOf(json)
    expect(faults.join()).toBe(refused[file] ?? '')
    if (faults.length > 0) return
    const entries = partsIn(json).flatMap(({ contribution }) => contribution.entries)
    expect(entries.map(({ sourceResourceId }) => sourceResourceId)).toEqual([
      `${resource['resourceType']}/${resource['id']}`
    ])
    expect(entries.flatMap((entry) => (entry.resource ? issuesIn(entry.resource) : []))).toEqual([])
  })
})
