import { expect, test } from 'vitest'
import { itk3Traits } from '../../src/index.ts'
import { entry, letter, message, read, snomed, subject } from './message.ts'

const treatment = (code: string): string =>
  `<coding><system value="https://fhir.hl7.org.uk/STU3/CodeSystem/CareConnect-TreatmentFunctionCode-1"/><code value="${code}"/></coding>`

test('a deny-list sees the codes of the document, its treatment functions and its places', () => {
  const xml = message(
    letter({
      composition: `<class>${snomed('734163000', 'Care plan')}</class><event><code>${snomed('1', 'Event')}</code></event>`,
      entries: [
        entry(
          'Encounter',
          'e1',
          `<status value="finished"/><type>${treatment('360')}${snomed('4525004', 'Visit')}</type>${subject}`
        ),
        entry('PractitionerRole', 'r1', `<specialty>${treatment('330')}</specialty>`),
        entry('Location', 'l1', '<name value="GUM Clinic"/>')
      ]
    })
  )
  expect(itk3Traits(read(xml))).toEqual({
    documentTypes: ['373942005', '734163000', '1'],
    treatmentFunctions: ['360', '330'],
    locations: ['GUM Clinic'],
    settings: ['Discharge summary', 'Visit']
  })
})
