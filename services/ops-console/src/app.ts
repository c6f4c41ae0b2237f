import { createRequire } from 'node:module'
import path from 'node:path'
import { createApp, type Logger, type Metrics } from '@chesil/service-kit'
import csrfProtection from '@fastify/csrf-protection'
import formbody from '@fastify/formbody'
import helmet from '@fastify/helmet'
import fastifyStatic from '@fastify/static'
import type { FastifyInstance } from 'fastify'
import { type PartnerPagesDeps, partnerRoutes } from './partners/routes.ts'
import { createRender, notFound } from './render.ts'
import { type SignInDeps, signInRoutes } from './sign-in/routes.ts'
import { guardOperators, type SessionOptions } from './sign-in/session.ts'

export interface AppDeps extends Omit<SignInDeps, 'render'>, Omit<PartnerPagesDeps, 'render'> {
  readonly session: SessionOptions
  /** Where signing out leads: browsers ask whether a form may go there. */
  readonly issuerOrigin: string
  readonly log: Logger
  readonly trustedProxies: string[]
}

/** The HTTP part of the service on one page. */
export async function buildApp(deps: AppDeps, metrics?: Metrics) {
  const app = createApp({ log: deps.log, trustProxy: deps.trustedProxies, ...(metrics && { metrics }) })
  // A scope of its own: what fails is answered with a page there.
  await app.register(async (pages) => await addPages(pages as unknown as FastifyInstance, deps))
  return app
}

async function addPages(console: FastifyInstance, deps: AppDeps): Promise<void> {
  await protect(console, deps)
  await serveAssets(console)
  const render = createRender()
  console.setErrorHandler(async (error: { statusCode?: number }, request, reply) => {
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 503
    if (status === 503) request.log.error({ err: error }, 'a page failed')
    return await render(reply.code(status), 'message.njk', messages.get(status) ?? unforeseen)
  })
  console.route({
    method: ['GET', 'POST'],
    url: '/*',
    config: { for: 'anybody' },
    handler: async (_request, reply) => await render(reply.code(404), 'message.njk', notFound)
  })
  console.get('/', { config: { for: 'operators' } }, async (_request, reply) =>
    reply.redirect('/partners', 303)
  )
  signInRoutes(console, { ...deps, render })
  partnerRoutes(console, { ...deps, render })
}

const unforeseen = {
  title: 'This did not go well',
  text: 'Nothing was changed, as far as this page can tell. Try again in a moment.'
}
const messages: ReadonlyMap<number, { readonly title: string; readonly text: string }> = new Map([
  [404, notFound],
  [400, { title: 'This cannot be read', text: 'Go back and look at what you entered.' }],
  [403, { title: 'This form is out of date', text: 'Go back, load the page again, and send it once more.' }]
])

/** Headers, sessions, forms that only our own pages can send, and no script at all. */
async function protect(
  app: FastifyInstance,
  { session, issuerOrigin }: Pick<AppDeps, 'session' | 'issuerOrigin'>
): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        formAction: ["'self'", issuerOrigin],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"]
      }
    },
    strictTransportSecurity: session.isSecure,
    referrerPolicy: { policy: 'no-referrer' }
  })
  await guardOperators(app, session)
  await app.register(formbody, { bodyLimit: 300_000 })
  await app.register(csrfProtection, {
    sessionPlugin: '@fastify/secure-session',
    getToken: ({ body }) => (body as { _csrf?: string } | undefined)?._csrf
  })
  app.addHook('preHandler', (request, reply, done) => {
    if (request.method === 'GET' || request.method === 'HEAD') return done()
    app.csrfProtection(request, reply, done)
  })
}

async function serveAssets(app: FastifyInstance): Promise<void> {
  const own = path.join(import.meta.dirname, '../assets')
  const nhsuk = path.dirname(
    createRequire(import.meta.url).resolve('nhsuk-frontend/dist/nhsuk/nhsuk-frontend.min.css')
  )
  const config = { for: 'anybody' as const }
  await app.register(fastifyStatic, { root: own, serve: false })
  const files = [
    ['/assets/console.css', own, 'console.css'],
    ['/assets/nhsuk.css', nhsuk, 'nhsuk-frontend.min.css']
  ] as const
  for (const [url, root, name] of files)
    app.get(url, { config }, async (_request, reply) => reply.sendFile(name, root, { maxAge: '1d' }))
}
