import '@chesil/service-kit/small-heap'

// Loaded from here, and not imported above: modules are read before any of them runs, and that counts as well.
await import('./service.ts')
