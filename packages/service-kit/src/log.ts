import { isOutcomeError } from '@chesil/fhir'
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino'

export type { Logger } from 'pino'

interface LoggableRequest {
  readonly method: string
  readonly id?: unknown
  readonly routeOptions?: { url?: string | undefined }
}

/**
 * The one way to make a logger. It names routes and never URLs, queries, headers or bodies, because a
 * FHIR URL holds NHS numbers, names and dates of birth; and of a foreign error it keeps the class, the
 * code and the stack, because messages of databases and parsers quote what they were given. Of other facts
 * it takes those of a list, so that nothing comes out that nobody thought of.
 *
 * Message is a constant phrase, facts are fields.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: onlyKnown },
    hooks: {
      logMethod(this: Logger, args: Parameters<LogFn>, method: LogFn) {
        method.apply(this, withoutAddress(args))
      }
    },
    serializers: {
      req: (request: LoggableRequest) => ({
        method: request.method,
        route: request.routeOptions?.url ?? '(no route)'
      }),
      res: (reply: { statusCode: number }) => ({ statusCode: reply.statusCode }),
      err: loggableError,
      url: (address: unknown) =>
        typeof address === 'string' && ownAddress.test(address) ? address : '(address)'
    }
  }
  return destination ? pino(options, destination) : pino(options)
}

/** Every name under which a fact may be logged; none of them ever holds anything of a person. */
const known = new Set([
  ...['err', 'req', 'res', 'reqId', 'responseTime', 'url', 'signal', 'reason', 'what', 'count', 'attempt'],
  ...['sourceId', 'sources', 'queue', 'files', 'persons', 'mllpPort']
])

const onlyKnown = (facts: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [name, known.has(name) ? fact : '(not logged)'])
  )

/**
 * Libraries log through us, too: without a message pino would take that of the error, and Fastify's own
 * messages name URLs.
 */
function withoutAddress(args: Parameters<LogFn>): Parameters<LogFn> {
  const [facts, message] = args as readonly unknown[]
  const words = typeof facts === 'string' ? facts : (message ?? (hasError(facts) ? 'error' : undefined))
  if (typeof words !== 'string') return args
  const clean = words.replace(/\S*\/\S*/g, (address) => (origin.test(address) ? address : '(address)'))
  return (typeof facts === 'string' ? [clean] : [facts, clean]) as Parameters<LogFn>
}

/** Where a server listens, at most with the FHIR base. */
const ownAddress = /^https?:\/\/[\w.:[\]-]+(\/fhir\/R4)?$/
/** Where a server listens, without a path. */
const origin = /^https?:\/\/[\w.:[\]-]+$/

const hasError = (facts: unknown): boolean =>
  facts instanceof Error || (typeof facts === 'object' && facts !== null && 'err' in facts)

interface LoggableError {
  readonly type: string
  readonly kind?: string
  readonly code?: string
  readonly message?: string
  readonly stack?: string
  readonly cause?: LoggableError
}

export function loggableError(error: unknown, depth = 0): LoggableError {
  if (!(error instanceof Error)) return { type: typeof error }
  const code = (error as { code?: unknown }).code
  return {
    type: error.constructor.name,
    // Only our own messages are known to be free of patient data.
    ...(isOutcomeError(error) && { kind: error.kind, message: error.message }),
    ...(typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) && { code }),
    stack: framesOf(error),
    ...(error.cause !== undefined && depth < 3 && { cause: loggableError(error.cause, depth + 1) })
  }
}

/** A stack begins with the message, which may have lines like a frame's; only those that name code are kept. */
function framesOf({ stack = '', message }: Error): string {
  return stack
    .replace(message, () => '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
