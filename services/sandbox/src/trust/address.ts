import { OutcomeError } from '@chesil/fhir'

export interface Address {
  readonly host: string
  readonly port: number
}

/** @param text e.g. `127.0.0.1:2575` or `[::1]:2575`. @throws OutcomeError `invalid`. */
export function parseAddress(text: string): Address {
  const [, host = '', digits = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (host === '' || port < 1 || port > 65_535) {
    throw new OutcomeError('invalid', 'address has to be a host and a port, e.g. 127.0.0.1:2575')
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port }
}
