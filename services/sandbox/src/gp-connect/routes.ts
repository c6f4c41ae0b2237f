import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Deps } from '../deps.ts'
import type { PracticeState } from '../world/world.ts'
import { capabilityStatement } from './capability.ts'
import { findPatient, listDocuments, readBinary } from './documents.ts'
import {
  type Answer,
  checkExchange,
  type Interaction,
  interactions,
  isRefusal,
  resourceAnswer
} from './exchange.ts'
import { drip, fhirJson, misbehave } from './misbehave.ts'
import { type Refusal, refusalToOutcome, refuse } from './refusal.ts'
import { structuredRecord } from './structured.ts'

interface PracticeRequest {
  Params: { readonly odsCode: string; readonly id: string }
  Querystring: Readonly<Record<string, string | readonly string[] | undefined>>
}
type Handle = (practice: PracticeState, request: FastifyRequest<PracticeRequest>) => Answer | Refusal

/** Every practice, each below its ODS code, as GP Connect 1.6.2 has them answer. */
export function practiceRoutes(deps: Deps): FastifyPluginAsyncTypebox {
  const { world } = deps
  const root = '/:odsCode/STU3/1/gpconnect'

  return async (app) => {
    // Media types are judged with the other headers, so that an odd one gets GP Connect's own error.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body))
    app.setErrorHandler((error, request, reply) => {
      request.log.error({ err: error }, 'a simulated practice failed')
      return sendRefusal(reply, refuse('INTERNAL_SERVER_ERROR', 'See the log of the sandbox'))
    })
    app.setNotFoundHandler((_request, reply) => sendRefusal(reply, refuse('NOT_IMPLEMENTED')))

    const answering =
      (interaction: Interaction, handle: Handle) =>
      async (request: FastifyRequest<PracticeRequest>, reply: FastifyReply) => {
        const practice = world.findPractice(request.params.odsCode)
        if (!practice) return sendRefusal(reply, refuse('ORGANISATION_NOT_FOUND'))
        practice.requests[interaction.interface] += 1
        if (await misbehave(practice.behaviour, reply)) return reply
        const answer = checkExchange(request, practice, { interaction, deps }) ?? handle(practice, request)
        return sendAnswer(request, reply, { practice, answer })
      }

    const record = `${root}/structured/Patient/$gpc.getstructuredrecord`
    app.post<PracticeRequest>(
      record,
      answering(interactions.structuredRecord, (practice, { body, headers }) =>
        structuredRecord(practice, { body, traceId: String(headers['ssp-traceid']) }, deps)
      )
    )
    app.get(record, async (_request, reply) =>
      sendRefusal(reply, refuse('BAD_REQUEST', 'This operation is called by POST'))
    )
    app.get<PracticeRequest>(
      `${root}/documents/Patient`,
      answering(interactions.findPatient, (practice, { query }) => findPatient(practice, query, deps))
    )
    app.get<PracticeRequest>(
      `${root}/documents/Patient/:id/DocumentReference`,
      answering(interactions.listDocuments, (practice, { params, query }) =>
        listDocuments(practice, { patientId: params.id, query }, deps)
      )
    )
    app.get<PracticeRequest>(
      `${root}/documents/Binary/:id`,
      answering(interactions.readBinary, (practice, { params }) => readBinary(practice, params.id, deps))
    )
    for (const [of, interaction] of [
      ['structured', interactions.structuredMetadata],
      ['documents', interactions.documentsMetadata]
    ] as const) {
      app.get<PracticeRequest>(
        `${root}/${of}/metadata`,
        answering(interaction, () => resourceAnswer(capabilityStatement(of)))
      )
    }
  }
}

function sendRefusal(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const { status, body } = refusalToOutcome(refusal)
  return reply.code(status).type(fhirJson).header('cache-control', 'no-store').send(JSON.stringify(body))
}

async function sendAnswer(
  request: FastifyRequest<PracticeRequest>,
  reply: FastifyReply,
  { practice, answer }: { readonly practice: PracticeState; readonly answer: Answer | Refusal }
): Promise<FastifyReply> {
  if (isRefusal(answer)) return sendRefusal(reply, answer)
  const { behaviour } = practice
  const { head, payload } = answer
  if (behaviour.kind === 'drip') {
    await drip(reply, payload.plain(head), behaviour.bytesPerSecond)
    return reply
  }
  reply.type(fhirJson).header('cache-control', 'no-store').header('vary', 'accept-encoding')
  if (behaviour.kind === 'garbage') {
    const whole = payload.plain(head)
    return reply.send(whole.subarray(0, Math.floor(whole.length * 0.6)))
  }
  if (!acceptsGzip(request.headers['accept-encoding'])) return reply.send(payload.plain(head))
  return reply.header('content-encoding', 'gzip').send(payload.gzipped(head))
}

/** @param header As in RFC 9110: `q=0` means not at all. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  const codings = String(header ?? '').split(',')
  return codings.some((coding) => /^\s*(gzip|\*)\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(coding))
}
