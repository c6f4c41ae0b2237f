import { expect, test } from 'vitest'
import { createPeerFilter } from '../src/index.ts'

test('without ranges only this machine may connect', () => {
  const mayConnect = createPeerFilter([])
  expect(['127.0.0.1', '::1', '::ffff:127.0.0.1'].filter(mayConnect)).toHaveLength(3)
  expect(['10.0.0.1', '::ffff:10.0.0.1', 'fd00::1', ''].filter(mayConnect)).toEqual([])
})

test('with ranges those may, and nobody else', () => {
  const mayConnect = createPeerFilter(['10.20.0.0/16', 'fd00::/8', '192.0.2.7'])
  expect(['10.20.3.4', '::ffff:10.20.3.4', 'fd00::9', '192.0.2.7'].filter(mayConnect)).toHaveLength(4)
  expect(['10.21.0.1', '192.0.2.8', 'fe80::1', '127.0.0.1'].filter(mayConnect)).toEqual([])
})

test.each(['hospital', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '::/129', ''])(
  '%j is refused',
  (range) => {
    expect(() => createPeerFilter([range])).toThrow('is no address or CIDR range')
  }
)
