import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Bundle, Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { reconcile } from '../../src/index.ts'
import { item } from './items.ts'

const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/synthea')
const files = [
  'Clemente_Kreiger_1484a42d-0eaf-4654-9cbf-6b050a5cd73b.json',
  'Jesus_Smitham_fb6c91c9-ee22-4a87-bef4-519ba556c617.json.gz'
]
const joinedTypes = new Set([
  'Condition',
  'Observation',
  'DiagnosticReport',
  'Immunization',
  'Procedure',
  'Encounter'
])

function resourcesIn(file: string): readonly Resource[] {
  const bytes = readFileSync(path.join(folder, file))
  const bundle = JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as Bundle
  return (bundle.entry ?? []).flatMap(({ resource }) => resource ?? [])
}

describe.skipIf(!existsSync(folder))('records of Synthea (skipped where ../shared/data is absent)', () => {
  test.each(files)('told by two sources, each thing is one, and no other: %s', (file) => {
    const told = resourcesIn(file).filter(({ resourceType }) => joinedTypes.has(resourceType))
    const items = ['one', 'two'].flatMap((source) =>
      told.map((resource) => item(`${source} ${resource.id}`, source, { ...resource }))
    )
    const { groups } = reconcile(items)
    expect(groups).toHaveLength(told.length)
    for (const { members, conflicts } of groups) {
      expect(new Set(members.map(({ key }) => key.split(' ')[1])).size).toBe(1)
      expect([members.length, conflicts]).toEqual([2, []])
    }
  })
})
