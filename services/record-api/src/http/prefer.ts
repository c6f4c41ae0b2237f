import { OutcomeError } from '@chesil/fhir'

export interface Preferences {
  /** Seconds the reader would wait for sources; absent: as the server thinks best. */
  readonly waitSeconds?: number
  readonly handling: 'strict' | 'lenient'
}

const maxWaitSeconds = 10

/**
 * @param header `Prefer`, possibly sent several times.
 * @throws OutcomeError `invalid` for a wait that is no number of seconds; more than ten are taken as ten.
 * @see https://www.rfc-editor.org/rfc/rfc7240
 */
export function parsePrefer(header: string | readonly string[] | undefined): Preferences {
  const preferences = (typeof header === 'string' ? [header] : (header ?? []))
    .flatMap((value) => value.split(','))
    .map((value) => value.split(';', 1)[0]?.trim().toLowerCase() ?? '')
  const wait = preferences.find((one) => one.startsWith('wait='))?.slice('wait='.length)
  if (wait !== undefined && !/^\d{1,6}$/.test(wait)) {
    throw new OutcomeError('invalid', 'Prefer: wait= needs a whole number of seconds, such as wait=2')
  }
  return {
    handling: preferences.includes('handling=lenient') ? 'lenient' : 'strict',
    ...(wait !== undefined && { waitSeconds: Math.min(Number(wait), maxWaitSeconds) })
  }
}
