import path from 'node:path'
import type { FastifyReply } from 'fastify'
import nunjucks from 'nunjucks'
import type { Notice } from './sign-in/session.ts'

const pages = path.join(import.meta.dirname, '../pages')

/** What every page is given besides its own. */
export interface PageContext {
  readonly operator: { readonly name: string } | undefined
  readonly notice: Notice | undefined
  /** Of forms; absent where nobody has signed in. */
  readonly csrf: string | undefined
}

/** For `message.njk`. */
export const notFound = { title: 'There is no such page', text: 'Go back to the partners.' }

/** Pages are made of templates in which every value is escaped. */
export function createRender() {
  const environment = nunjucks.configure(pages, { autoescape: true, throwOnUndefined: false, noCache: false })
  environment.addFilter('instant', (ms: number | null) =>
    ms === null ? '–' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`
  )
  return async (reply: FastifyReply, page: string, values: object): Promise<FastifyReply> => {
    const { request } = reply
    const operator = request.session.get('operator')
    const notice = request.session.get('notice')
    if (notice) request.session.set('notice', undefined)
    const context: PageContext = {
      operator,
      notice,
      csrf: operator ? reply.generateCsrf() : undefined
    }
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(environment.render(page, { ...context, path: request.url.split('?')[0], ...values }))
  }
}

export type Render = ReturnType<typeof createRender>
