import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import { faultsIn } from './faults.ts'
import { currentItems, isDegraded, quarantinedIn } from './received.ts'

const folder = path.resolve(import.meta.dirname, '../../../../../shared/data/hl7v2')
const areHere = existsSync(folder)

/** Published samples, and what becomes of each: `~` is degraded, `!` not processed. They are other people's, and stay where they are. */
const samples: Readonly<Record<string, string>> = {
  'linuxforhealth/ORU-multiline-short-mixed.hl7': '1 DiagnosticReport, 2 Observation',
  'linuxforhealth/ORU-multiline-short.hl7': '1 DiagnosticReport, 1 Observation',
  'microsoft-2.x/LAB-ORU-1.hl7': '2 DiagnosticReport, 10 Observation, 1 Specimen',
  'microsoft-2.x/LRI_2.0-NG_CBC_Typ_Message.hl7': '1 DiagnosticReport, 28 Observation, 1 Specimen',
  'microsoft-2.x/MDM-T01-01.hl7': '1 DocumentReference',
  'microsoft-2.x/MDM-T02-01.hl7': '1 Binary, 1 DocumentReference~',
  'microsoft-2.x/ORU-R01-01.hl7': '1 DiagnosticReport, 3 DocumentReference~, 2 Observation, 1 Specimen',
  'microsoft-2.x/OUL-R22-01.hl7':
    '3 Binary, 1 DiagnosticReport, 5 DocumentReference~, 2 Observation, 1 Specimen',
  'microsoft-2.x/SIU-S12-01.hl7': '1 Appointment',
  'microsoft-2.x/SIU-S15-01.hl7': '1 Appointment',
  'uk-nwgmsa/MFT-OML_O21_PDF.hl7': '1 DocumentReference~, 1 ServiceRequest, 1 Specimen',
  'uk-nwgmsa/MFT-ORU_R01_PDF.hl7': '1 DiagnosticReport, 1 DocumentReference~',
  'uk-tie/HL7-ORU-R01-3-Basic-NG.hl7': '1 DiagnosticReport, 3 Observation',
  'uk-tie/HL7-ORU-R01-4-Lipid-Panel.hl7': '1 DiagnosticReport, 4 Observation, 1 Specimen',
  'uk-tie/HL7-v2.5.1-ORU-R01-Text-based-report.hl7': '1 DiagnosticReport~, 1 Observation, 1 Specimen',
  'uk-nwgmsa/NWGMSA-ORU_R01_PDF.hl7': '1 Binary, 1 DiagnosticReport, 1 DocumentReference'
}

const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8')
const itemsIn = (file: string) => [...currentItems(read(file)).values()]

function summary(file: string): string {
  const names = itemsIn(file).map((item) => `${item['resourceType']}${isDegraded(item) ? '~' : ''}`)
  return [...new Set(names)]
    .sort()
    .map((name) => `${names.filter((one) => one === name).length} ${name}`)
    .join(', ')
}

describe.skipIf(!areHere)(
  'published messages (from ../shared/data; skipped where that folder is absent)',
  () => {
    test('are all in the list', () => {
      const present = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .map((file) => file.replaceAll(path.sep, '/'))
        .filter((file) => /(ORU|OUL|MDM|SIU|OML|LRI)[^/]*\.hl7$/.test(file))
      expect(present.sort()).toEqual(Object.keys(samples).sort())
    })

    test.each(Object.entries(samples))('%s comes to: %s', (file, line) => {
      expect(summary(file)).toBe(line)
      expect(quarantinedIn(read(file))).toEqual([])
    })

    test.each(Object.keys(samples))('%s comes to valid R4', (file) => {
      expect(faultsIn(currentItems(read(file)))).toEqual([])
    })

    test('the text report of a Welsh laboratory reads as one text', () => {
      const file = 'uk-tie/HL7-v2.5.1-ORU-R01-Text-based-report.hl7'
      const text = itemsIn(file).find(({ resourceType }) => resourceType === 'Observation')
      expect(text?.['code'].text).toBe('Urine MC&S')
      expect(text?.['valueString'].split('\n')).toEqual([
        'Specimen received: Mid Stream Urine',
        '',
        'Accession Number(s) U18S999001A',
        'White Blood Cell Count 10-99 x10^6/L',
        'Red Blood Cell Count >=100 x10^6/L',
        '',
        '>= 10^8 cfu/L Escherichia coli (ECOL)',
        '',
        'Antibiotic/Culture: ECOL',
        '------------------- ------',
        'Nitrofurantoin',
        'Trimethoprim',
        'Amoxicillin'
      ])
    })

    test('a report that is final while its results are pending is partial, and one that says nothing is unknown', () => {
      const reports = itemsIn('microsoft-2.x/LAB-ORU-1.hl7').filter(
        ({ resourceType }) => resourceType === 'DiagnosticReport'
      )
      expect(reports.map(({ status }) => status)).toEqual(['partial', 'unknown'])
    })

    test('a genomic report and its order are known by the same number', () => {
      const [report] = itemsIn('uk-nwgmsa/MFT-ORU_R01_PDF.hl7').filter((item) => item['basedOn'])
      const request = itemsIn('uk-nwgmsa/MFT-OML_O21_PDF.hl7').find(
        ({ resourceType }) => resourceType === 'ServiceRequest'
      )
      const { system, value } = (report as Loose)['basedOn'][0].identifier
      expect(request?.['identifier']).toContainEqual(expect.objectContaining({ system, value }))
    })
  }
)
