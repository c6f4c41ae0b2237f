import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ToolError } from './tool-error.ts'

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port))
    })
  })
}

/** A loopback port that nobody listens on at this moment. Another process may take it before its user does. */
function findFreePort(): Promise<number> {
  return listenOnce(0)
}

/** @throws ToolError when the loopback port is taken or may not be used by this user. */
export async function assertPortIsFree(port: number): Promise<void> {
  try {
    await listenOnce(port)
  } catch (error) {
    const refused = error instanceof Error && 'code' in error && error.code === 'EACCES'
    throw new ToolError(
      refused
        ? `Port ${port} may not be used by this user: choose one above 1023.`
        : `Port ${port} is in use: stop what listens there, or choose another port.`
    )
  }
}

/**
 * Starts a server on the given port, else on a free one, which another process may take before the server binds it.
 *
 * @param mayPass What a failure says that another attempt may get over.
 */
export async function startOnPort<Server>(
  port: number | undefined,
  start: (port: number) => Promise<Server>,
  mayPass: RegExp
): Promise<Server> {
  if (port) await assertPortIsFree(port)
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(port ?? (await findFreePort()))
    } catch (error) {
      if (attempt === 10 || !(error instanceof ToolError && mayPass.test(error.message))) throw error
      await sleep(200)
    }
  }
}
