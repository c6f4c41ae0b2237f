/**
 * Why a message is not taken, as its sender is told.
 *
 * - `reject`: never, as it is (AR, CR). - `error`: not now; sent again it may be (AE, CE).
 *
 * `code`: HL7 table 0357. `field`: of MSH. `text` is constant, so that no patient data goes back.
 *
 * @see https://www.hl7.org/fhir/R4/v2/0357/index.html
 */
export const refusals = {
  noHeader: {
    condition: 'reject',
    code: '100',
    text: 'The message does not begin with MSH; or a frame character (0x0B) stands within it'
  },
  longHeader: { condition: 'reject', code: '102', text: 'MSH is longer than 4 KiB' },
  batch: { condition: 'reject', code: '100', text: 'Batches and files are not taken: send each message' },
  delimiters: { condition: 'reject', code: '102', field: 2, text: 'MSH does not name four delimiters' },
  twoMessages: {
    condition: 'reject',
    code: '100',
    text: 'More than one MSH in one frame: send each message in a frame of its own'
  },
  tooManyParts: {
    condition: 'reject',
    code: '102',
    text: 'There are too many segments, fields or components, or a segment is too long'
  },
  noType: { condition: 'reject', code: '101', field: 9, text: 'MSH-9 names no message type' },
  noControlId: { condition: 'reject', code: '101', field: 10, text: 'MSH-10 is empty' },
  controlId: { condition: 'reject', code: '102', field: 10, text: 'MSH-10 is too long or cannot be printed' },
  unknownSender: { condition: 'reject', code: '204', field: 4, text: 'The sender is not known here' },
  characterSet: { condition: 'reject', code: '103', field: 18, text: 'The character set cannot be read' },
  unavailable: { condition: 'error', code: '207', text: 'Not kept just now: send it again' }
} as const satisfies Record<
  string,
  {
    readonly condition: 'reject' | 'error'
    readonly code: keyof typeof errorNames
    readonly field?: number
    readonly text: string
  }
>

export type Refusal = keyof typeof refusals

/** @returns whether the message, as it is, will never be taken. @param outcome Of the intake. */
export const isRejected = (outcome: string): boolean =>
  outcome in refusals && refusals[outcome as Refusal].condition === 'reject'

/** Of table 0357. */
export const errorNames = {
  '100': 'Segment sequence error',
  '101': 'Required field missing',
  '102': 'Data type error',
  '103': 'Table value not found',
  '204': 'Unknown key identifier',
  '207': 'Application internal error'
}
