import type { OperationOutcomeIssue } from '@chesil/fhir'

type Severity = OperationOutcomeIssue['severity']

/**
 * What can be said of one source's part in an answer. Codes of the system `chesil.completeness`,
 * described for readers in docs/completeness.md. The first coding of an issue says how the source
 * stands now; more codings add facts.
 *
 * @see https://hl7.org/fhir/R4/valueset-issue-type.html
 */
export const completenessCodes = {
  live: { severity: 'information', issue: 'informational', display: 'Answered within its refresh age' },
  stored: { severity: 'information', issue: 'informational', display: 'Shown as stored earlier' },
  empty: { severity: 'information', issue: 'informational', display: 'Answered: nothing recorded' },
  'not-asked': { severity: 'warning', issue: 'incomplete', display: 'Not asked yet' },
  pending: { severity: 'warning', issue: 'incomplete', display: 'Asked, not answered yet' },
  'timed-out': { severity: 'warning', issue: 'timeout', display: 'Did not answer in time' },
  failed: {
    severity: 'warning',
    issue: 'transient',
    display: 'Could not be asked, or answered with an error'
  },
  'breaker-open': {
    severity: 'warning',
    issue: 'transient',
    display: 'Not asked just now: it has failed repeatedly'
  },
  'refused-answer': {
    severity: 'warning',
    issue: 'processing',
    display: 'Its answer was refused: it was not about this person, or not a record'
  },
  'not-disclosed': { severity: 'warning', issue: 'suppressed', display: 'Did not disclose a record' },
  'refused-by-consent': {
    severity: 'warning',
    issue: 'suppressed',
    display: 'Does not share: the person has not agreed to it'
  },
  'not-connected': { severity: 'warning', issue: 'incomplete', display: 'Not connected to this record' },
  retired: { severity: 'warning', issue: 'incomplete', display: 'No longer connected' },
  /** What was recorded between the last answer and the death is missing, or all of it. */
  deceased: {
    severity: 'warning',
    issue: 'incomplete',
    display: 'No longer asked: the person has died'
  },
  former: { severity: 'information', issue: 'informational', display: 'A former practice' },
  'superseded-former': {
    severity: 'information',
    issue: 'informational',
    display: 'A former practice, whose record the present one has taken over'
  },
  sends: {
    severity: 'information',
    issue: 'informational',
    display: 'Sends what happens there; it is not asked'
  },
  /** What happened since the end of that period is not in it. */
  periodic: {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Sends an extract for each period, not what happens since'
  },
  'no-nhs-number': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Cannot be asked: the person has no verified NHS number'
  },
  /** Of an answer as of a moment: how the source stood then is not kept. */
  'as-held': {
    severity: 'information',
    issue: 'informational',
    display: 'Shown as it was held then'
  },
  'not-reproducible': {
    severity: 'warning',
    issue: 'suppressed',
    display: 'What it showed then was not to be kept'
  },
  'section-unsupported': {
    severity: 'warning',
    issue: 'not-supported',
    display: 'Cannot provide some sections'
  },
  'section-not-returned': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Was silent on some sections'
  },
  'section-failed': {
    severity: 'warning',
    issue: 'transient',
    display: 'Some sections could not be fetched'
  },
  'confidential-items': {
    severity: 'warning',
    issue: 'suppressed',
    display: 'Keeps back items as confidential'
  },
  'data-in-transit': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Record transfer from the previous practice is not complete'
  },
  'data-awaiting-filing': { severity: 'warning', issue: 'incomplete', display: 'Has data awaiting filing' },
  'source-warning': { severity: 'warning', issue: 'incomplete', display: 'Gave a warning' },
  quarantined: {
    severity: 'warning',
    issue: 'suppressed',
    display: 'Items were kept out because they may be about somebody else, or could not be read'
  },
  'unprocessed-messages': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Sent messages of a kind that is not read here; what they say is not shown'
  },
  'wrong-patient': {
    severity: 'warning',
    issue: 'processing',
    display: 'Has taken back something that it had reported of another person'
  },
  'degraded-items': {
    severity: 'information',
    issue: 'informational',
    display: 'Some codes or dates could not be read; see their text'
  },
  withheld: {
    severity: 'warning',
    issue: 'suppressed',
    display: 'Some items may be withheld from you under local policy'
  },
  'pds-unreachable': {
    severity: 'warning',
    issue: 'transient',
    display: 'Demographics could not be checked with PDS; the address is not shown'
  },
  'unverified-identity': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'PDS has not verified who this is: shown is what one organisation knows, under its own number'
  },
  'kept-apart': {
    severity: 'warning',
    issue: 'suppressed',
    display:
      'An organisation holds records under this NHS number, or of a patient it says is this person, that could not be verified as this person’s; they are kept apart'
  },
  'as-of': {
    severity: 'warning',
    issue: 'incomplete',
    display:
      'Shown is what was held here at that moment: nothing is told of what had not come by then or was kept out, and what may not be shown today is left out'
  },
  'not-whole': {
    severity: 'warning',
    issue: 'incomplete',
    display:
      'Not all that was held then is kept still, or it was altered: what is kept has another hash than was stored'
  },
  'taken-back': {
    severity: 'warning',
    issue: 'processing',
    display:
      'Something that was held then has been found to be of another person, and is not shown: do not rely on what was seen of it'
  },
  'before-merge': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'Another record has been merged into this one since; what was held there then is not shown'
  },
  'no-registered-practice': {
    severity: 'warning',
    issue: 'incomplete',
    display: 'PDS names no GP practice for this person'
  }
} as const satisfies Record<
  string,
  { severity: Severity; issue: OperationOutcomeIssue['code']; display: string }
>

export type CompletenessCode = keyof typeof completenessCodes
