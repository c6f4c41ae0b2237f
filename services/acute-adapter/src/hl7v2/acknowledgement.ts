import { type Delimiters, type Header, isControlId } from './header.ts'
import { errorNames, type Refusal, refusals } from './refusals.ts'

export interface AcknowledgementContext {
  /** MSH-10 of ours: at most 20 characters. */
  readonly newControlId: () => string
  /** ms since 1970 */
  readonly now: () => number
}

/**
 * What the sender is told, in its own delimiters and bytes.
 *
 * Original mode (MSH-15 and MSH-16 empty): one acknowledgement, AA, AE or AR. Enhanced mode: the accept
 * acknowledgement (CA, CE, CR) if MSH-15 asks for it in this case, and the application acknowledgement if MSH-16
 * does: what can be said of a message at once is said when it is kept, and only of one that is.
 *
 * @param refusal Absent: the message is kept.
 * @returns none, one or two messages, in their order.
 * @see https://www.hl7.eu/HL7v2x/v251/std251/ch02.html section 2.9.3
 */
export function acknowledge(
  header: Header | undefined,
  refusal: Refusal | undefined,
  context: AcknowledgementContext
): readonly Buffer[] {
  if (!header) return [write(undefined, 'A', refusal, context)]
  const { acceptCondition, applicationCondition } = header
  if (acceptCondition === '' && applicationCondition === '') return [write(header, 'A', refusal, context)]
  const isAcceptWanted = isWanted(acceptCondition, refusal)
  // A message that is not taken and that nothing was said of before.
  const isApplicationDue = refusal === undefined || !isAcceptWanted
  return [
    ...(isAcceptWanted ? [write(header, 'C', refusal, context)] : []),
    ...(isApplicationDue && isWanted(applicationCondition, refusal)
      ? [write(header, 'A', refusal, context)]
      : [])
  ]
}

/** HL7 table 0155; empty in enhanced mode means never. */
function isWanted(condition: string, refusal: Refusal | undefined): boolean {
  if (condition === 'AL') return true
  return condition === (refusal === undefined ? 'SU' : 'ER')
}

const usual: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escaping: '\\',
  subcomponent: '&',
  encoding: '^~\\&'
}

function write(
  header: Header | undefined,
  mode: 'A' | 'C',
  refusal: Refusal | undefined,
  { newControlId, now }: AcknowledgementContext
): Buffer {
  const delimiters = header?.delimiters ?? usual
  const code = `${mode}${refusal === undefined ? 'A' : refusals[refusal].condition === 'error' ? 'E' : 'R'}`
  const version = printable(header?.version) || '2.5.1'
  const { controlId = '' } = header ?? {}
  const segments = [
    [
      'MSH',
      delimiters.encoding,
      header?.receivingApplication,
      header?.receivingFacility,
      header?.sendingApplication,
      header?.sendingFacility,
      timeOf(now()),
      '',
      typeOf(header, version),
      newControlId(),
      header?.processingId || 'P',
      version,
      ...(header?.characterSet ? ['', '', '', '', '', header.characterSet] : [])
    ],
    [
      'MSA',
      code,
      isControlId(controlId) ? controlId : '',
      isOlder(version, '2.5') ? textOf(refusal, delimiters) : undefined
    ],
    ...(refusal === undefined ? [] : [errorOf(refusal, version, delimiters)])
  ]
  const lines = segments.map((fields) => fields.map(printable).join(delimiters.field))
  return Buffer.from(lines.map((line) => `${trimmed(line, delimiters.field)}\r`).join(''), 'latin1')
}

/** Nothing of a sender's may end our frame or begin another. Bytes above 0x7F may be letters. */
const printable = (text = ''): string => [...text].filter((sign) => sign >= ' ' && sign !== '\x7f').join('')

function typeOf(header: Header | undefined, version: string): string {
  const component = header?.delimiters.component ?? '^'
  const parts = ['ACK', header?.trigger, isOlder(version, '2.4') ? undefined : 'ACK']
  return header?.trigger ? parts.filter(Boolean).join(component) : 'ACK'
}

/** The segment changed its shape in version 2.5. */
function errorOf(refusal: Refusal, version: string, delimiters: Delimiters): readonly (string | undefined)[] {
  const { code, ...rest } = refusals[refusal]
  const field = 'field' in rest ? String(rest.field) : ''
  const { component, subcomponent } = delimiters
  if (isOlder(version, '2.5')) {
    const coded = [code, errorNames[code], 'HL70357'].join(subcomponent)
    return ['ERR', ['MSH', field === '' ? '' : '1', field, coded].join(component)]
  }
  const location = field === '' ? '' : ['MSH', '1', field].join(component)
  const coded = [code, errorNames[code], 'HL70357'].join(component)
  return ['ERR', '', location, coded, 'E', '', '', '', textOf(refusal, delimiters)]
}

/** Our words, should the sender divide its messages by a sign that stands in them. */
function textOf(refusal: Refusal | undefined, { field, encoding, escaping }: Delimiters): string | undefined {
  if (refusal === undefined) return undefined
  const names = new Map([...encoding].map((sign, at) => [sign, 'SRETL'[at] ?? '']))
  names.set(field, 'F')
  return [...refusals[refusal].text]
    .map((sign) => (names.has(sign) ? `${escaping}${names.get(sign)}${escaping}` : sign))
    .join('')
}

const trimmed = (line: string, field: string): string => {
  let end = line.length
  while (line[end - 1] === field) end--
  return line.slice(0, end)
}

/** Kept: `localeCompare` makes one each time. */
const inNumericOrder = new Intl.Collator('en', { numeric: true })

const isOlder = (version: string, than: string): boolean => inNumericOrder.compare(version, than) < 0

/** YYYYMMDDHHMMSS+0000 */
const timeOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19).replaceAll(/\D/g, '')}+0000`
