import {
  allergy,
  condition,
  diaryEntry,
  document,
  encounter,
  extensionUrl,
  immunisation,
  list,
  location,
  medication,
  observation,
  organization,
  patient,
  plan,
  practitioner,
  practitionerRole,
  questionnaire,
  referral,
  report,
  type Stu3,
  snomed,
  specimen,
  statement,
  to
} from './stu3.ts'

const kilogram = (value: number) => ({ value, unit: 'kg', system: 'http://unitsofmeasure.org', code: 'kg' })
const days = (value: number) => ({ value, unit: 'day', system: 'http://unitsofmeasure.org', code: 'd' })
const year = { start: '2020', end: '2021' }

const communication = {
  url: extensionUrl('NHSCommunication'),
  extension: [
    { url: 'language', valueCodeableConcept: { coding: [{ code: 'cy', display: 'Welsh' }] } },
    { url: 'preferred', valueBoolean: true },
    { url: 'modeOfCommunication', valueCodeableConcept: { coding: [{ code: 'RSP' }] } },
    { url: 'modeOfCommunication', valueCodeableConcept: { coding: [{ code: 'ESP' }] } },
    { url: 'communicationProficiency', valueCodeableConcept: { coding: [{ code: 'E' }] } },
    { url: 'interpreterRequired', valueBoolean: true }
  ]
}

const dosage = {
  sequence: 1,
  text: 'One or two daily',
  additionalInstruction: [snomed('311504000', 'With or after food')],
  patientInstruction: 'with food',
  timing: {
    event: ['2026-03-01'],
    repeat: {
      boundsPeriod: year,
      count: 3,
      frequency: 1,
      frequencyMax: 2,
      period: 1,
      periodUnit: 'd',
      dayOfWeek: ['mon']
    },
    code: { text: 'daily' }
  },
  asNeededCodeableConcept: { text: 'pain' },
  site: { text: 'skin' },
  route: snomed('26643006', 'Oral route'),
  method: { text: 'swallow' },
  doseRange: { low: { value: 1 }, high: { value: 2 } },
  rateRatio: { numerator: kilogram(1), denominator: days(1) },
  maxDosePerPeriod: { numerator: kilogram(8), denominator: days(1) },
  maxDosePerAdministration: kilogram(2)
}

const values: Stu3[] = [
  { valueCodeableConcept: snomed('260385009', 'Negative') },
  { valueString: 'trace' },
  { valueBoolean: true },
  { valueRange: { low: kilogram(1), high: kilogram(2) } },
  { valueRatio: { numerator: kilogram(1), denominator: kilogram(2) } },
  { valueSampledData: { origin: kilogram(0), period: 10, dimensions: 1, data: '1 2 3' } },
  { valueTime: '10:30:00' },
  { valueDateTime: '2026-02' },
  { valuePeriod: year }
]

/** What GP Connect allows and hardly anybody sends: each resource type with its less usual elements. */
export const rareElements = (): Stu3[] => [
  patient({
    extension: [
      communication,
      { url: extensionUrl('EthnicCategory'), valueCodeableConcept: { text: 'Not stated' } }
    ],
    active: true,
    telecom: [{ system: 'phone', value: '01202 111111', use: 'home', rank: 1, period: year }],
    address: [{ use: 'home', type: 'both', text: 'The Old Mill', line: ['The Old Mill'], period: year }],
    deceasedDateTime: '2026-01-01',
    maritalStatus: { text: 'Married' },
    multipleBirthInteger: 2,
    contact: [
      { relationship: [{ text: 'Daughter' }], name: { text: 'J. O’Brien' }, gender: 'female', period: year }
    ]
  }),
  practitioner({
    extension: [communication],
    address: [{ city: 'Poole' }],
    qualification: [{ code: { text: 'MRCGP' }, period: year, issuer: to('Organization/surgery') }]
  }),
  practitionerRole({
    active: true,
    period: year,
    location: [to('Location/branch')],
    specialty: [{ text: 'GP' }]
  }),
  organization({
    alias: ['The Surgery'],
    partOf: to('Organization/surgery'),
    telecom: [{ value: '1', use: 'home' }]
  }),
  location({
    mode: 'instance',
    status: 'active',
    position: { longitude: -1.9, latitude: 50.7 },
    partOf: to('Location/branch')
  }),
  medication({
    package: { batch: [{ lotNumber: 'L1', expirationDate: '2027-01' }] },
    form: { text: 'capsule' }
  }),
  {
    resourceType: 'HealthcareService',
    id: 'hs',
    name: 'Physiotherapy',
    category: { text: 'Therapy' },
    providedBy: to('Organization/surgery')
  },
  allergy({
    extension: [
      {
        url: 'http://hl7.org/fhir/StructureDefinition/encounter-associatedEncounter',
        valueReference: to('Encounter/e1')
      }
    ],
    type: 'allergy',
    criticality: 'high',
    onsetAge: days(400),
    asserter: to('Patient/p1'),
    lastOccurrence: '2020-05',
    reaction: [
      {
        substance: { text: 'nut' },
        manifestation: [{ text: 'Rash' }],
        onset: '2020-05-01',
        exposureRoute: { text: 'oral' },
        note: [{ text: 'mild' }]
      }
    ]
  }),
  condition({
    verificationStatus: 'confirmed',
    clinicalStatus: 'resolved',
    severity: { text: 'mild' },
    bodySite: [{ text: 'left' }],
    onsetDateTime: undefined,
    onsetPeriod: year,
    abatementDateTime: '2022',
    note: [{ text: 'settled', time: '2022-01-01', authorReference: to('Practitioner/dr') }]
  }),
  plan({
    extension: [
      {
        url: extensionUrl('MedicationRepeatInformation'),
        extension: [
          { url: 'numberOfRepeatPrescriptionsAllowed', valuePositiveInt: 6 },
          { url: 'numberOfRepeatPrescriptionsIssued', valueUnsignedInt: 2 },
          { url: 'authorisationExpiryDate', valueDateTime: '2026-12-31' }
        ]
      },
      {
        url: extensionUrl('MedicationStatusReason'),
        extension: [
          { url: 'statusReason', valueCodeableConcept: { text: 'Side effects' } },
          { url: 'statusChangeDate', valueDateTime: '2026-02-01' }
        ]
      }
    ],
    priority: 'routine',
    groupIdentifier: { value: 'g1' },
    requester: { agent: to('Practitioner/dr'), onBehalfOf: to('Organization/surgery') },
    reasonCode: [{ text: 'pain' }],
    reasonReference: [to('Condition/c1')],
    dosageInstruction: [dosage],
    dispenseRequest: {
      validityPeriod: year,
      numberOfRepeatsAllowed: 2,
      quantity: { extension: [{ url: extensionUrl('MedicationQuantityText'), valueString: '2 op' }] },
      expectedSupplyDuration: days(28),
      performer: to('Organization/surgery')
    },
    substitution: { allowed: false, reason: { text: 'brand' } }
  }),
  statement({
    effectivePeriod: undefined,
    effectiveDateTime: '2026-03-02',
    informationSource: to('Patient/p1'),
    reasonCode: [{ text: 'pain' }],
    dosage: [dosage]
  }),
  encounter({
    reason: [{ text: 'cough' }],
    length: { value: 12, unit: 'minute', system: 'http://unitsofmeasure.org', code: 'min' },
    diagnosis: [{ condition: to('Condition/c1'), role: { text: 'main' }, rank: 1 }],
    partOf: to('Encounter/e1')
  }),
  ...values.map((value, position) => observation({ id: `v${position}`, valueQuantity: undefined, ...value })),
  observation({
    effectiveDateTime: undefined,
    effectivePeriod: year,
    comment: 'seated',
    interpretation: { text: 'high' },
    bodySite: { text: 'arm' },
    method: { text: 'cuff' }
  }),
  immunisation({
    notGiven: true,
    explanation: { reasonNotGiven: [snomed('213257006', 'Generally unwell')] },
    lotNumber: 'L2',
    expirationDate: '2026-12-15',
    doseQuantity: { value: 0.5, unit: 'ml' },
    reportOrigin: { text: 'recall' },
    reaction: [{ date: '2025-10-07', detail: to('Observation/o1'), reported: true }],
    vaccinationProtocol: [
      {
        doseSequence: 1,
        seriesDoses: 2,
        description: 'Travel',
        targetDisease: [{ text: 'Flu' }],
        doseStatus: { text: 'Counts' }
      }
    ]
  }),
  diaryEntry({
    category: [{ text: 'recall' }],
    performerType: { text: 'nurse' },
    performer: to('Practitioner/dr'),
    bodySite: [{ text: 'arm' }],
    specimen: [to('Specimen/sp1')]
  }),
  referral({
    occurrencePeriod: year,
    serviceRequested: [{ text: 'Physiotherapy' }, { text: 'Hydrotherapy' }],
    specialty: { text: 'MSK' },
    supportingInfo: [to('Observation/o1')]
  }),
  report({
    effectivePeriod: year,
    conclusion: 'Normal',
    image: [{ comment: 'film', link: to('Media/1') }],
    presentedForm: [{ contentType: 'text/plain', language: 'en-GB', hash: 'aGFzaA==', title: 'Report' }]
  }),
  specimen({
    accessionIdentifier: { value: 'A1' },
    receivedTime: '2026-02-19T12:00:00+00:00',
    collection: {
      collectedPeriod: year,
      quantity: kilogram(1),
      method: { text: 'swab' },
      collector: to('Practitioner/dr')
    },
    note: [{ text: 'haemolysed' }]
  }),
  document({
    masterIdentifier: { system: 'https://gp.example/documents', value: '1' },
    docStatus: 'appended',
    class: { text: 'letter' },
    relatesTo: [{ code: 'replaces', target: to('DocumentReference/doc1') }],
    context: {
      event: [{ text: 'clinic' }],
      period: year,
      facilityType: { text: 'hospital' },
      practiceSetting: { text: 'GP' },
      related: [{ ref: to('Encounter/e1') }]
    }
  }),
  questionnaire({
    questionnaire: to('https://gp.example/Questionnaire/1'),
    item: [
      {
        linkId: '1',
        text: 'Smoker?',
        item: [
          { linkId: '1.1', answer: [{ valueBoolean: false }, { valueDecimal: 1.5 }, { valueInteger: 2 }] }
        ]
      },
      {
        linkId: '2',
        answer: [
          { valueDate: '2020' },
          { valueCoding: { code: 'x' } },
          { valueQuantity: kilogram(3) },
          { valueUri: 'urn:x' }
        ]
      }
    ]
  }),
  list('heading', ['Observation/o1'], {
    id: 'h1',
    contained: [{ resourceType: 'Practitioner', id: 'scribe', name: [{ family: 'Scribe' }] }],
    source: to('#scribe'),
    orderedBy: { coding: [{ system: 'http://hl7.org/fhir/list-order', code: 'event-date' }] },
    note: [{ text: 'typed later' }],
    extension: [
      {
        url: extensionUrl('RelatedProblemHeader'),
        extension: [
          { url: 'type', valueCode: 'Parent' },
          { url: 'target', valueReference: to('Condition/c1') }
        ]
      }
    ]
  })
]
