import { expect, test } from 'vitest'
import { createAddressGuard } from '../src/outbound/address-guard.ts'
import { isExpectedPeer } from '../src/outbound/connector.ts'
import hostile from './hostile-addresses.json' with { type: 'json' }

test.each([
  '1.1.1.1',
  '8.8.8.8',
  '81.2.69.142',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.255.255',
  '172.32.0.1',
  '192.167.255.255',
  '192.169.0.1',
  '198.17.255.255',
  '198.20.0.1',
  '169.253.255.255',
  '169.255.0.1',
  '223.255.255.255',
  '::ffff:81.2.69.142',
  '2a00:1450:4009:81f::200e',
  '2606:4700:4700::1111'
])('%s is public', (address) => {
  expect(createAddressGuard([])(address)).toBe('public')
})

test.each([
  '1.257',
  '134744072',
  '0x08.8.8.8',
  '010.8.8.8',
  '8.8.8.8.',
  ' 8.8.8.8',
  '8.8.8.8/32',
  'one.one.one.one'
])('%j is refused: not everybody reads it alike', (address) => {
  expect(createAddressGuard([])(address)).toBe('refused')
})

test.each([
  { ranges: ['10.0.0.0/8'], address: '10.1.2.3', verdict: 'allowed' },
  { ranges: ['10.0.0.0/8'], address: '11.0.0.1', verdict: 'public' },
  { ranges: ['10.0.0.0/8'], address: '192.168.0.1', verdict: 'refused' },
  { ranges: ['10.0.0.0/8'], address: '::ffff:10.1.2.3', verdict: 'allowed' },
  { ranges: ['10.0.0.0/8'], address: '64:ff9b::10.1.2.3', verdict: 'refused' },
  { ranges: ['10.0.0.1/32'], address: '10.0.0.1', verdict: 'allowed' },
  { ranges: ['10.0.0.1/32'], address: '10.0.0.2', verdict: 'refused' },
  { ranges: ['fd00::/8'], address: 'fd12::1', verdict: 'allowed' },
  { ranges: ['fd00::/8'], address: '10.0.0.1', verdict: 'refused' },
  { ranges: ['81.2.69.0/24'], address: '81.2.69.142', verdict: 'allowed' },
  { ranges: ['172.16.0.0/12', '10.0.0.0/8'], address: '10.0.0.1', verdict: 'allowed' }
])('with $ranges, $address is $verdict', ({ ranges, address, verdict }) => {
  expect(createAddressGuard(ranges)(address)).toBe(verdict)
})

test.each(['10.0.0.1', '10.0.0.0/33', '10.0.0.0/-1', 'localhost/8', '', '10.0.0.0/8/8', '*'])(
  'a range that is written %j stops the start',
  (range) => {
    expect(() => createAddressGuard([range])).toThrow(expect.objectContaining({ kind: 'invalid' }))
  }
)

test('no hostile address becomes public by the way it is written', () => {
  const judge = createAddressGuard([])
  const addresses = hostile.hosts.map(([host = '']) => host.replace(/^\[|\]$/g, ''))
  expect(addresses.filter((address) => judge(address) !== 'refused')).toEqual([])
})

test.each([
  { peer: '127.0.0.1', addresses: ['127.0.0.1'], expected: true },
  { peer: '::ffff:127.0.0.1', addresses: ['127.0.0.1'], expected: true },
  { peer: '0:0:0:0:0:0:0:1', addresses: ['::1'], expected: true },
  { peer: '10.0.0.2', addresses: ['10.0.0.1', '10.0.0.2'], expected: true },
  { peer: '10.0.0.3', addresses: ['10.0.0.1', '10.0.0.2'], expected: false },
  { peer: undefined, addresses: ['10.0.0.1'], expected: false }
])('a connection to $peer is what was meant by $addresses: $expected', ({ peer, addresses, expected }) => {
  expect(isExpectedPeer(peer, addresses)).toBe(expected)
})
