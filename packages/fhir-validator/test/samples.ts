import {
  type AllergyIntolerance,
  chesil,
  type Encounter,
  type List,
  type MedicationRequest,
  type Observation,
  type Patient,
  type Resource,
  systems,
  ukCoreExtension,
  ukCoreProfile
} from '@chesil/fhir'

/** Resources as an adapter makes them of a GP record: invented, of usual size, and valid. */

const id = (n: number): string => `3f1c9a50-7b2e-4c7e-9d43-${String(n).padStart(12, '0')}`
const subject = { reference: `Patient/${id(99)}` }
const encounter = { reference: `Encounter/${id(3)}` }

const meta = (type: string, section: string) => ({
  profile: [ukCoreProfile(type)],
  source: 'urn:nhs-uk:addressing:ods:A81001',
  tag: [
    { system: chesil.source, code: 'gp-a81001', display: 'Example Surgery' },
    { system: chesil.section, code: section }
  ]
})

export const patient: Patient = {
  resourceType: 'Patient',
  id: id(99),
  meta: meta('Patient', 'demographics'),
  identifier: [
    {
      extension: [
        {
          url: ukCoreExtension('NHSNumberVerificationStatus'),
          valueCodeableConcept: { coding: [{ system: systems.nhsNumberVerification, code: '01' }] }
        }
      ],
      system: systems.nhsNumber,
      value: '9990000018'
    }
  ],
  active: true,
  name: [{ use: 'official', family: 'Example', given: ['Wren', 'Ada'], prefix: ['Ms'] }],
  telecom: [{ system: 'phone', value: '01632960001', use: 'home' }],
  gender: 'female',
  birthDate: '1962-02-28',
  address: [{ use: 'home', line: ['1 Shingle Lane'], city: 'Chesilton', postalCode: 'ZZ99 3AA' }],
  generalPractitioner: [{ identifier: { system: systems.odsOrganisation, value: 'A81001' } }]
}

export const observation: Observation = {
  resourceType: 'Observation',
  id: id(1),
  meta: meta('Observation', 'investigations'),
  identifier: [{ system: 'https://ehr.example/id', value: 'C1B2A3' }],
  status: 'final',
  category: [
    { coding: [{ system: systems.observationCategory, code: 'laboratory', display: 'Laboratory' }] }
  ],
  code: {
    coding: [
      {
        extension: [
          {
            url: ukCoreExtension('CodingSCTDescDisplay'),
            extension: [{ url: 'descriptionId', valueId: '2557101000000111' }]
          }
        ],
        system: systems.snomed,
        code: '1022431000000105',
        display: 'Haemoglobin estimation',
        userSelected: true
      },
      { system: 'http://read.info/readv2', code: '423..00', display: 'Haemoglobin' }
    ],
    text: 'Haemoglobin estimation'
  },
  subject,
  encounter,
  effectiveDateTime: '2026-03-01T09:15:00+00:00',
  issued: '2026-03-02T10:15:00.000+00:00',
  performer: [{ reference: `Practitioner/${id(5)}`, display: 'Dr A Example' }],
  valueQuantity: { value: 135, unit: 'g/L', system: systems.ucum, code: 'g/L' },
  interpretation: [
    {
      coding: [
        {
          system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation',
          code: 'N',
          display: 'Normal'
        }
      ]
    }
  ],
  note: [{ text: 'Within range.\nRepeat in a year.' }],
  referenceRange: [{ low: { value: 115, unit: 'g/L' }, high: { value: 165, unit: 'g/L' }, text: '115 - 165' }]
}

export const medicationRequest: MedicationRequest = {
  resourceType: 'MedicationRequest',
  id: id(2),
  meta: meta('MedicationRequest', 'medications'),
  extension: [
    {
      url: ukCoreExtension('MedicationRepeatInformation'),
      extension: [
        { url: 'authorisationExpiryDate', valueDateTime: '2026-12-01' },
        { url: 'numberOfPrescriptionsIssued', valueUnsignedInt: 4 },
        { url: 'numberOfPrescriptionsAllowed', valueUnsignedInt: 12 }
      ]
    }
  ],
  identifier: [{ system: 'https://ehr.example/id', value: 'MR-1' }],
  status: 'active',
  intent: 'plan',
  medicationReference: { reference: `Medication/${id(6)}` },
  subject,
  encounter,
  authoredOn: '2026-01-05',
  requester: { reference: `PractitionerRole/${id(7)}` },
  recorder: { reference: `Practitioner/${id(5)}` },
  note: [{ text: 'Patient notes: with food' }],
  dosageInstruction: [{ text: 'One tablet daily', patientInstruction: 'With food' }],
  dispenseRequest: {
    validityPeriod: { start: '2026-01-05', end: '2026-12-01' },
    quantity: { value: 28, unit: 'tablet' },
    expectedSupplyDuration: { value: 28, unit: 'day', system: systems.ucum, code: 'd' }
  }
}

export const encounterResource: Encounter = {
  resourceType: 'Encounter',
  id: id(3),
  meta: meta('Encounter', 'consultations'),
  identifier: [{ system: 'https://ehr.example/id', value: 'E-1' }],
  status: 'finished',
  class: { system: systems.actCode, code: 'AMB', display: 'ambulatory' },
  type: [{ coding: [{ system: systems.snomed, code: '185317003' }], text: 'Telephone call to a patient' }],
  subject,
  participant: [
    {
      type: [
        { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'PPRF' }] }
      ],
      individual: { reference: `Practitioner/${id(5)}` }
    }
  ],
  period: { start: '2026-03-01T09:00:00+00:00', end: '2026-03-01T09:15:00+00:00' },
  length: { value: 15, unit: 'minutes', system: systems.ucum, code: 'min' },
  location: [{ location: { reference: `Location/${id(9)}` } }],
  serviceProvider: { reference: `Organization/${id(10)}` }
}

export const list: List = {
  resourceType: 'List',
  id: id(4),
  meta: meta('List', 'medications'),
  extension: [
    {
      url: ukCoreExtension('ListWarningCode'),
      valueCodeableConcept: { coding: [{ system: systems.ukCoreListWarning, code: 'confidential-items' }] }
    }
  ],
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">8 medicines</div>' },
  status: 'current',
  mode: 'snapshot',
  title: 'Medications and medical devices',
  code: { coding: [{ system: systems.snomed, code: '933361000000108' }] },
  subject,
  date: '2026-03-01T09:15:00+00:00',
  note: [{ text: 'Items excluded due to confidentiality' }],
  entry: Array.from({ length: 8 }, (_, n) => ({ item: { reference: `MedicationStatement/${id(20 + n)}` } }))
}

export const allergy: AllergyIntolerance = {
  resourceType: 'AllergyIntolerance',
  id: id(11),
  meta: meta('AllergyIntolerance', 'allergies'),
  identifier: [{ system: 'https://ehr.example/id', value: 'A-1' }],
  clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active', display: 'Active' }] },
  verificationStatus: { coding: [{ system: systems.allergyVerification, code: 'unconfirmed' }] },
  category: ['medication'],
  code: {
    coding: [{ system: systems.snomed, code: '294505008', display: 'Allergy to amoxicillin' }],
    text: 'Amoxicillin allergy'
  },
  patient: subject,
  onsetDateTime: '2011-02',
  recordedDate: '2011-03-04T10:00:00+00:00',
  recorder: { reference: `Practitioner/${id(5)}` },
  lastOccurrence: '2011-02',
  note: [{ text: 'Rash on arms' }],
  reaction: [
    {
      manifestation: [{ coding: [{ system: systems.snomed, code: '271807003' }], text: 'Eruption of skin' }],
      description: 'Rash',
      severity: 'moderate'
    }
  ]
}

export const samples: readonly Resource[] = [
  patient,
  observation,
  medicationRequest,
  encounterResource,
  list,
  allergy
]
