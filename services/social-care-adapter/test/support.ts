import { randomUUID } from 'node:crypto'
import type { Claims } from '@chesil/access-tokens'
import type { AdwSender, PrsbSender, SourceCatalogue } from '@chesil/contracts'
import type { KeptNotice, MessageToTake, NoticeName, Taken } from '@chesil/record-store'
import { createLogger } from '@chesil/service-kit'
import { councilCode, hospitalCode } from '../../../tests/support/notices.ts'
import { createAdwAnswers } from '../src/adw/answers.ts'
import { createAdwIntake } from '../src/adw/intake.ts'
import { buildApp } from '../src/app.ts'
import { createPrsbIntake } from '../src/prsb/intake.ts'

const sending = { releaseStage: 'live', retention: 'store', agreement: 'test' } as const

export const hospital = (changes: Partial<AdwSender> = {}): AdwSender => ({
  ...sending,
  id: 'hospital-notices',
  kind: 'adw',
  odsCode: hospitalCode,
  name: 'A hospital',
  sites: ['RXX01'],
  councils: [councilCode],
  ...changes
})

export const council = (changes: Partial<PrsbSender> = {}): PrsbSender => ({
  ...sending,
  id: 'council-forms',
  kind: 'prsb',
  odsCode: councilCode,
  name: 'A council',
  ...changes
})

export const catalogueOf = (...sources: SourceCatalogue['sources']): Pick<SourceCatalogue, 'sources'> => ({
  sources: sources.length > 0 ? sources : [hospital(), council()]
})

const claims: Claims = {
  iss: 'https://issuer.example',
  sub: 'system',
  aud: 'chesil',
  exp: 0,
  iat: 0,
  jti: '1',
  scope: 'system/MessageHeader.c'
}

/** An inbox in memory that keeps each message once; one that is down throws. */
function openInbox() {
  const taken: MessageToTake[] = []
  const state = { isUp: true }
  const mustBeUp = () => {
    if (!state.isUp) throw new Error('The database is down: secret')
  }
  const take = async (message: MessageToTake): Promise<Taken> => {
    mustBeUp()
    const alike = taken.filter(
      ({ sourceId, controlKey }) => sourceId === message.sourceId && controlKey === message.controlKey
    )
    const same = alike.find(({ bodyHash }) => bodyHash === message.bodyHash)
    if (same) return { outcome: 'again', id: same.id, isControlIdReused: false }
    taken.push(message)
    return { outcome: 'new', id: message.id, isControlIdReused: alike.length > 0 }
  }
  const findNotices = async (name: NoticeName): Promise<readonly KeptNotice[]> => {
    mustBeUp()
    return taken
      .filter((message) => message.interface === 'social-care-adw')
      .filter(({ id, controlId }) => id === name.id || controlId === name.controlId)
      .map(({ id, sourceId, body }) => ({ id, sourceId, body: Buffer.from(body ?? []) }))
  }
  return { taken, state, take, findNotices }
}

interface Inbox {
  readonly take: (message: MessageToTake) => Promise<Taken>
  readonly findNotices: (name: NoticeName) => Promise<readonly KeptNotice[]>
}

/** The service without its database. */
export function openService(...sources: SourceCatalogue['sources']) {
  const inbox = openInbox()
  return { ...inbox, ...openDoors(inbox, ...sources) }
}

/** What the service takes in over HTTP. A token is the ODS code of whom it speaks for. */
export function openDoors(inbox: Inbox, ...sources: SourceCatalogue['sources']) {
  const catalogue = catalogueOf(...sources)
  const outcomes: string[] = []
  const onOutcome = (source: string, outcome: string) => outcomes.push(`${source} ${outcome}`)
  const keeping = { take: inbox.take, newId: randomUUID, onOutcome }
  const takeAdw = createAdwIntake({ ...keeping, catalogue })
  const app = buildApp({
    log: createLogger('test', 'silent'),
    takeAdw,
    answerNotice: createAdwAnswers({
      findNotices: inbox.findNotices,
      takeAdw,
      newId: randomUUID,
      now: () => Date.UTC(2025, 10, 22, 12),
      onOutcome
    }),
    takePrsb: createPrsbIntake({
      ...keeping,
      senders: new Map(
        catalogue.sources.filter((source) => source.kind === 'prsb').map((source) => [source.odsCode, source])
      )
    }),
    councils: new Map(),
    takeFile: () => Promise.reject(new Error('No files here')),
    findSubmission: async () => undefined,
    uploadMs: 1_000,
    verifyToken: async (token) => ({ ...claims, organisation: token }),
    maxMessageBytes: 100_000,
    trustedProxies: [],
    onRefused: () => onOutcome('unknown', 'unauthorised')
  })
  const post =
    (url: string, usualToken: string, usualType: string) =>
    (payload: string | Buffer, { token = usualToken, type = usualType } = {}) =>
      app.inject({
        method: 'POST',
        url,
        headers: { 'content-type': type, ...(token !== '' && { authorization: `Bearer ${token}` }) },
        payload
      })
  return {
    outcomes,
    notice: post('/adw', hospitalCode, 'application/fhir+xml; charset=utf-8'),
    answer: (decision: object, token = councilCode) =>
      post('/adw/answers', token, 'application/json')(JSON.stringify(decision)),
    form: post('/prsb', councilCode, 'application/fhir+json')
  }
}
