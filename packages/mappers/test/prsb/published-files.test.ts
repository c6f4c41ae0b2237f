import { describe, expect, test } from 'vitest'
import { areHere, bundle, filledIn, map, orSkip, patient, published, refusal, response } from './answering.ts'

/** Each file of PRSB's, and what it is said to be: none of them holds anybody's answers. */
const files = [
  ['AboutMe.json.gz', 'dataset-definition', 'about-me'],
  ['About_Me_Instance_FHIR_Questionnaire.json', 'questionnaire', 'about-me'],
  ['CoreInformationStandard.json.gz', 'dataset-definition', 'core-information-standard'],
  ['Core_information_standard_FHIR_Questionnaire.json.gz', 'questionnaire', 'core-information-standard'],
  ['HospitalforCommunityCare.json.gz', 'dataset-definition', 'hospital-for-community-care'],
  ['LocalAuthoritiesSCR.json.gz', 'dataset-definition', 'local-authority-information'],
  ['Provenance.json.gz', 'dataset-definition', 'provenance']
] as const

describe.skipIf(!areHere)(`Files of PRSB (${orSkip})`, () => {
  test.each(files)('%s is refused as no record: %s of %s', (file, detail, kind) => {
    expect(refusal(published(file))).toMatchObject({ reason: 'not-a-record', detail, kind })
  })

  test.each(files)('%s is known by its headings alone', (file, detail, kind) => {
    const { name: _, title: __, url: ___, ...rest } = published(file)
    const [dataset] = rest['dataset'] ?? [undefined]
    const nameless = dataset ? { dataset: [{ ...dataset, name: undefined }] } : rest
    expect(refusal(nameless)).toMatchObject({ detail, kind })
  })

  test.each(files)('of %s the sender is told what it is', (file, detail) => {
    const { text } = refusal(published(file))
    expect(text).toContain('holds nobody’s answers')
    expect(text).toContain(detail === 'questionnaire' ? 'Send a QuestionnaireResponse' : 'A definition')
  })

  test('a questionnaire beside its person is still no record', () => {
    const json = bundle(patient(), published(files[1][0]))
    expect(refusal(json)).toMatchObject({ detail: 'questionnaire', kind: 'about-me' })
  })

  test('a questionnaire with values put in for everybody holds nobody’s answers', () => {
    const questionnaire = published(files[1][0])
    questionnaire['item'][0].item[0].item[1].initial = [{ valueDate: '2026-01-01' }]
    expect(refusal(questionnaire)).toMatchObject({ detail: 'questionnaire' })
  })

  test('what answers one is mapped', () => {
    const item = filledIn(published(files[3][0]), { 'Alerts/Alerts record entry/Alert': 'Latex allergy' })
    expect(map(bundle(patient(), response(item)))).toMatchObject({ outcome: 'mapped' })
  })
})
