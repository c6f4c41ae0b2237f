import type { Resource } from '@chesil/fhir'
import type { FastifyReply } from 'fastify'
import { outcomeFor } from './outcome.ts'

export const fhirJson = 'application/fhir+json; charset=utf-8'

export const send = (reply: FastifyReply, resource: Resource): FastifyReply =>
  reply.type(fhirJson).send(JSON.stringify(resource))

export const refuse = (reply: FastifyReply, status: number, diagnostics?: string): FastifyReply =>
  send(reply.code(status), outcomeFor(status, diagnostics))
