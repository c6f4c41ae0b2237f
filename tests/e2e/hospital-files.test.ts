import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Itk3Sender, SourceCatalogue } from '@chesil/contracts'
import { createMllpSender, type MllpSender } from '@chesil/mllp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newest, outcomeOf } from '../support/file-outcomes.ts'
import { type Stack, startStack } from '../support/stack.ts'

/** Real messages of others are not part of the project: see packages/mappers/test/real-records.test.ts. */
const data = path.join(import.meta.dirname, '../../../shared/data')
const filesIn = (folder: string, pattern: string) => {
  const cwd = path.join(data, folder)
  return existsSync(cwd) ? globSync(pattern, { cwd }).sort() : []
}
const hl7Files = filesIn('hl7v2', '**/*.hl7')
const itk3Files = filesIn('itk3', '**/*.xml')
const read = (folder: string, file: string) => readFileSync(path.join(data, folder, file))

/** What became of each file: how many resources of which type are in the view, and what was kept out and why. */
const golden = path.join(import.meta.dirname, 'golden/hospital-files.json')
const howToWrite =
  'golden/hospital-files.json differs: look at it, then UPDATE_GOLDEN=1 npm test -- tests/e2e/hospital-files'

const facilityOf = (file: string) =>
  read('hl7v2', file)
    .toString('latin1')
    .replace(/^[^M]*/, '')
    .split('\r')[0]
    ?.split('|')[3]
    ?.split('^')[0] ?? ''

const sender = (kind: 'hl7v2' | 'itk3', odsCode: string) => ({
  id: `${kind}-${odsCode.toLowerCase()}`,
  kind,
  odsCode,
  name: `Hospital ${odsCode}`,
  releaseStage: 'live' as const,
  retention: 'store' as const,
  agreement: 'test'
})

/** A trust for each facility that the files name, and an ITK3 sender that stands for whoever sends. */
function withSenders(catalogue: SourceCatalogue): SourceCatalogue {
  const facilities = [...new Set(hl7Files.map(facilityOf))]
  return {
    ...catalogue,
    sources: [
      ...catalogue.sources.filter(({ kind }) => kind === 'gp-connect'),
      ...facilities.map((facility, at) => ({
        ...sender('hl7v2', `H${String(at).padStart(3, '0')}`),
        kind: 'hl7v2' as const,
        senders: [{ facility }]
      })),
      ...itk3Senders.map(
        (odsCode) => ({ ...sender('itk3', odsCode), kind: 'itk3' as const }) satisfies Itk3Sender
      )
    ]
  }
}
/** Whom the files name as their senders; the first stands for the others. */
const itk3Senders = ['FQW30', 'FA000', 'X26', 'GP0001', 'RR8']

let stack: Stack
let mllp: MllpSender

describe.skipIf(hl7Files.length === 0)('every real file goes in by the network and is accounted for', () => {
  beforeAll(async () => {
    stack = await startStack({ trusts: 1, catalogue: withSenders })
    const [host = '', port = ''] = stack.mllpAddress().split(':')
    mllp = await createMllpSender({ host, port: Number(port) })
  }, 60_000)
  afterAll(async () => {
    await mllp?.close()
    await stack?.stop()
  })

  const outcomes: Record<string, unknown> = {}

  test.each(hl7Files)('hl7v2/%s', async (file) => {
    const before = await newest(stack)
    await mllp.write(Buffer.concat([Buffer.from([0x0b]), read('hl7v2', file), Buffer.from([0x1c, 0x0d])]))
    outcomes[`hl7v2/${file}`] = await outcomeOf(stack, before)
  })

  test.each(itk3Files)('itk3/%s', async (file) => {
    const before = await newest(stack)
    outcomes[`itk3/${file}`] = (await post(file)) ?? (await outcomeOf(stack, before))
  })

  test('with the outcome that is known', () => {
    if (process.env['UPDATE_GOLDEN'] === '1')
      writeFileSync(golden, `${JSON.stringify(outcomes, undefined, 2)}\n`)
    expect(outcomes, howToWrite).toEqual(JSON.parse(readFileSync(golden, 'utf8')))
  })
})

/** @returns why nobody may send it, once every sender was tried; `undefined` for a file that was taken. */
async function post(file: string): Promise<string | undefined> {
  let refusal = ''
  for (const organisation of itk3Senders) {
    const token = await stack.issueToken({ scope: 'system/MessageHeader.c', organisation })
    const response = await fetch(`${stack.service('acute-adapter').url}/itk3`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+xml' },
      body: new Uint8Array(read('itk3', file))
    })
    const text = await response.text()
    if (response.status === 202) return undefined
    const { issue } = JSON.parse(text) as { issue: { diagnostics: string }[] }
    refusal = `refused at the door: ${response.status} ${issue[0]?.diagnostics}`
  }
  return refusal
}
