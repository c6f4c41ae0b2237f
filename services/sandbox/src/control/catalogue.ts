import type { GpPractice, SourceCatalogue } from '@chesil/contracts'
import type { Deps } from '../deps.ts'
import { practiceRoot } from '../gp-connect/addresses.ts'
import { readingOrganisations } from '../world/reading-organisations.ts'
import type { PracticeState } from '../world/world.ts'
import { councilToSources } from './council-catalogue.ts'
import { trustToSources } from './trust-catalogue.ts'

type CatalogueDeps = Pick<Deps, 'world' | 'trustWorld' | 'councilWorld' | 'client' | 'trustClientKey'>

/** @param baseUrl Where the sandbox is reached, e.g. through a proxy; without a trailing slash. */
export const sourceCatalogue = (
  { world, trustWorld, councilWorld, client, trustClientKey }: CatalogueDeps,
  baseUrl: string
): SourceCatalogue => {
  const keyId = client.keys.keys[0]?.kid
  const means = {
    baseUrl,
    clientId: client.id,
    privateKey: trustClientKey,
    ...(keyId !== undefined && { keyId })
  }
  return {
    sources: [
      ...world.practices.map((state) => practiceToSource(state, baseUrl)),
      ...trustWorld.trusts.flatMap(({ trust }) => trustToSources(trust, means)),
      ...councilWorld.councils.flatMap(({ council }) => councilToSources(council, means))
    ],
    readingOrganisations: [...readingOrganisations]
  }
}

function practiceToSource({ practice }: PracticeState, baseUrl: string): GpPractice {
  const { odsCode, name, telephone, retention, asid } = practice
  return {
    id: `gp-${odsCode.toLowerCase()}`,
    kind: 'gp-connect',
    odsCode,
    name,
    telephone,
    releaseStage: 'live',
    retention,
    ...(retention === 'store' && { agreement: `Sandbox agreement of ${name}, for made-up people only` }),
    sessionMinutes: 30,
    endpoint: {
      baseUrl: practiceRoot(baseUrl, odsCode),
      asid,
      interactions: ['structured', 'documents'],
      allowedAddresses: ['127.0.0.0/8']
    },
    timeoutMs: 5_000,
    maxAnswerBytes: 67_108_864,
    concurrency: 4,
    refreshMinutes: 60
  }
}
