import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { isOutcomeError, OutcomeError, type OutcomeKind, outcomes, toOperationOutcome } from '@chesil/fhir'
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from '@fastify/type-provider-typebox'
import Fastify, {
  type ConnectionError,
  type FastifyError,
  type FastifyReply,
  type FastifyRequest,
  LogController
} from 'fastify'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import { isStoreAway, storeAway } from './store-away.ts'

declare module 'fastify' {
  interface FastifyReply {
    /** Answers with these bytes one behind the other, none of them copied. Headers are set before. */
    sendBuffers(buffers: readonly Buffer[]): FastifyReply
  }
}

export interface AppOptions {
  readonly log: Logger
  readonly metrics?: Metrics
  /** Default 1 MiB. */
  readonly bodyLimitBytes?: number
  /** Addresses of proxies whose `X-Forwarded-For` is believed; none by default. */
  readonly trustProxy?: string[]
  /** Milliseconds for a whole request, after which 503 is answered. Default 15,000. */
  readonly handlerTimeoutMs?: number
  /** Milliseconds for a request to arrive whole. Default 30,000. */
  readonly requestTimeoutMs?: number
}

/** A Fastify server with the habits every service shares: FHIR errors, correlation ids, limits, logs without URLs. */
export function createApp(options: AppOptions) {
  const app = Fastify({
    loggerInstance: options.log,
    logController: oneLineEach(),
    requestIdHeader: false,
    genReqId: (request) => uuidOr(request.headers['x-request-id']),
    requestTimeout: options.requestTimeoutMs ?? 30_000,
    connectionTimeout: 60_000,
    handlerTimeout: options.handlerTimeoutMs ?? 15_000,
    keepAliveTimeout: 65_000,
    bodyLimit: options.bodyLimitBytes ?? 1_048_576,
    trustProxy: options.trustProxy ?? false,
    // An address that cannot be read reaches no hook.
    frameworkErrors: (error, request, reply) => {
      mirrorIds(request, reply)
      sendError(error, request, reply)
    },
    clientErrorHandler: answerUnreadable,
    routerOptions: { maxParamLength: 256, caseSensitive: true }
  }).withTypeProvider<TypeBoxTypeProvider>()
  app.setValidatorCompiler(TypeBoxValidatorCompiler)
  const addUsualHeaders = (reply: FastifyReply) => {
    mirrorIds(reply.request, reply)
    if (isClosing) reply.header('Connection', 'close')
  }
  app.addHook('onSend', async (_request, reply) => addUsualHeaders(reply))
  app.decorateReply('sendBuffers', function (buffers) {
    addUsualHeaders(this) // what is sent past Fastify reaches no `onSend`
    return sendBuffers(this, buffers)
  })
  // What is answered while closing is the last on its connection, which would else be waited for until it idles out.
  let isClosing = false
  app.addHook('preClose', async () => {
    isClosing = true
  })

  app.setErrorHandler(sendError)
  app.setNotFoundHandler((_request, reply) => {
    const { status, body } = toOperationOutcome(new OutcomeError('notFound', 'No such endpoint'))
    return reply.code(status).type('application/fhir+json').send(body)
  })
  if (options.metrics) measureRequests(app, options.metrics)
  return app
}

export type App = ReturnType<typeof createApp>

/** Fastify takes one buffer, and joining megabytes for each answer costs more than all else that is done for it. */
function sendBuffers(reply: FastifyReply, buffers: readonly Buffer[]): FastifyReply {
  const { raw, request } = reply
  reply.header(
    'Content-Length',
    buffers.reduce((sum, { length }) => sum + length, 0)
  )
  reply.hijack()
  raw.statusCode = reply.statusCode
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value)
  }
  raw.cork()
  if (request.method !== 'HEAD') for (const buffer of buffers) raw.write(buffer)
  raw.end()
  return reply
}

/** What is no HTTP reaches no hook: it is answered on the socket, and the connection ends. */
function answerUnreadable(error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return
  const kind = error.code === 'HPE_HEADER_OVERFLOW' ? 'headersTooLarge' : 'invalid'
  const { status, body } = toOperationOutcome(new OutcomeError(kind, 'The request cannot be read'))
  const text = JSON.stringify(body)
  socket.end(
    `HTTP/1.1 ${status} Refused\r\nContent-Type: application/fhir+json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`
  )
}

/** Answers any error as an OperationOutcome: its status and words for a foreseen one, nothing of its cause for another. */
export function sendError(error: FastifyError, request: FastifyRequest, reply: FastifyReply) {
  const { status, body } = toOperationOutcome(asOutcome(error))
  if (status >= 500) request.log.error({ err: error }, 'request failed')
  if (status === 401) reply.header('WWW-Authenticate', 'Bearer')
  if (status === 503 || status === 429) reply.header('Retry-After', reply.getHeader('retry-after') ?? '5')
  return reply.code(status).type('application/fhir+json').send(body)
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** What may be mirrored into a response header, and no more of it. */
const mirrored = /^[\w.:/+=@-]{1,128}$/

/** Our logs carry the request's id: only a UUID is taken from outside, so that nobody puts a name in there. */
function uuidOr(header: string | string[] | undefined): string {
  return typeof header === 'string' && uuid.test(header) ? header.toLowerCase() : randomUUID()
}

/** @see https://digital.nhs.uk/developer/api-catalogue/personal-demographics-service-fhir */
function mirrorIds(request: FastifyRequest, reply: FastifyReply): void {
  const given = request.headers['x-request-id']
  reply.header('X-Request-ID', typeof given === 'string' && mirrored.test(given) ? given : request.id)
  const correlation = request.headers['x-correlation-id']
  if (typeof correlation === 'string' && mirrored.test(correlation)) {
    reply.header('X-Correlation-ID', correlation)
  }
}

const kindByStatus = new Map<number, OutcomeKind>(
  (Object.keys(outcomes) as OutcomeKind[]).map((kind) => [outcomes[kind].status, kind])
)

/** Fastify's own errors (bad JSON, schema mismatch, body too large, timeouts) keep their status and words. */
function asOutcome(error: FastifyError): Error {
  if (isOutcomeError(error)) return error
  if (isStoreAway(error)) return storeAway(error)
  if (error?.statusCode === undefined) return error
  if (error.statusCode === 503)
    return new OutcomeError('unavailable', 'Too busy or too slow just now: try again')
  if (error.statusCode >= 500) return error
  return new OutcomeError(kindByStatus.get(error.statusCode) ?? 'invalid', wordsOf(error))
}

/** These quote the URL. */
const namesTheUrl = new Set(['FST_ERR_BAD_URL', 'FST_ERR_MAX_PARAM_LENGTH'])

function wordsOf({ code = '', statusCode, message }: FastifyError): string {
  if (statusCode === 429) return 'Too many requests: try again later'
  return code.startsWith('FST_') && !namesTheUrl.has(code) ? message : 'The request cannot be read'
}

/** A line for each request, when it is answered or broken off: two would cost as much again. */
const oneLineEach = () =>
  Object.assign(new LogController(), {
    incomingRequest() {},
    requestCompleted(error: Error | null | undefined, request: FastifyRequest, reply: FastifyReply) {
      const facts = { req: request, res: reply, responseTime: reply.elapsedTime }
      if (error) request.log.error({ ...facts, err: error }, 'request errored')
      else request.log.info(facts, 'request completed')
    }
  })

function measureRequests(app: App, metrics: Metrics): void {
  const seconds = metrics.histogram('chesil_http_request_seconds', 'Time to answer, by route and status', [
    'method',
    'route',
    'status'
  ])
  app.addHook('onResponse', async (request, reply) => {
    seconds.observe(
      { method: request.method, route: request.routeOptions.url ?? '(no route)', status: reply.statusCode },
      reply.elapsedTime / 1000
    )
  })
}
