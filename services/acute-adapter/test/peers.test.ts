import type { Hl7v2Sender } from '@chesil/contracts'
import { expect, test } from 'vitest'
import { createIntake } from '../src/intake/intake.ts'
import { createSenders, type Peer } from '../src/intake/senders.ts'
import { catalogueOf, hospital, message } from './support.ts'

async function outcomeFrom(peer: Peer | undefined, peers: Hl7v2Sender['peers'], organisation?: string) {
  const intake = createIntake({
    findSender: createSenders(catalogueOf(hospital(peers && { peers }))),
    take: async () => ({ outcome: 'new', id: 'row', isControlIdReused: false }),
    newId: () => 'id',
    now: () => 0,
    onOutcome: () => undefined,
    onFlag: () => undefined
  })
  const { outcome } = await intake({
    bytes: Buffer.from(message()),
    ...(peer && { peer }),
    ...(organisation !== undefined && { organisation })
  })
  return outcome
}

const trust = { addresses: ['10.1.0.0/16'] }
const named = { certificateNames: ['pas.trust.example'] }

test.each([
  ['anybody speaks for a source that names no peers', { remoteAddress: '10.2.0.1' }, undefined, 'new'],
  ['its own address speaks for a source', { remoteAddress: '10.1.2.3' }, trust, 'new'],
  ['the same as a part of IPv6 does', { remoteAddress: '::ffff:10.1.2.3' }, trust, 'new'],
  ['another’s address does not', { remoteAddress: '10.2.0.1' }, trust, 'unknownSender'],
  ['no address does not', {}, trust, 'unknownSender'],
  ['its own certificate does', { certificateName: 'pas.trust.example' }, named, 'new'],
  ['another’s certificate does not', { certificateName: 'pas.other.example' }, named, 'unknownSender'],
  ['no certificate does not', { remoteAddress: '10.1.2.3' }, named, 'unknownSender'],
  [
    'of address and certificate, one is not enough',
    { remoteAddress: '10.1.2.3' },
    { ...trust, ...named },
    'unknownSender'
  ]
])('%s', async (_rule, peer, peers, outcome) => {
  expect(await outcomeFrom(peer, peers)).toBe(outcome)
})

test('over HTTP the token says who speaks', async () => {
  expect(await outcomeFrom(undefined, trust, 'RCB')).toBe('new')
  expect(await outcomeFrom(undefined, trust, 'RXX')).toBe('unknownSender')
})

test('an address that is none is said at start', () => {
  const sources = catalogueOf(hospital({ peers: { addresses: ['trust.example'] } }))
  expect(() => createSenders(sources)).toThrow('trust.example is no address or CIDR range')
})
