export type { BrokenReason, ConnectionLimits, FrameHandler, MllpPeer } from './connection.ts'
export { createFramer, type Framer, type FramerEvent, type FramerOptions, toFrame } from './framer.ts'
export {
  createMllpListener,
  type MllpListener,
  type MllpListenerOptions,
  type TlsOptions
} from './listener.ts'
export { createPeerFilter } from './peers.ts'
export { createMllpSender, type MllpSender, type MllpSenderOptions } from './sender.ts'
