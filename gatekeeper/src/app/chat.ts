/**
 * The part of the composition root that is about the domain chat: its prompts, the models of what is
 * behind it, and how often one address may call it without a credential.
 */
import type { ChatDeps } from '../admission/chat-head.ts'
import type { Settings } from '../config/read-settings.ts'
import { createLevelTest } from '../kinds/chat/chat.ts'
import type { Clock } from '../lib/clock.ts'
import { isCertificateFault } from '../lib/net/certificate-fault.ts'
import type { Problem } from '../lib/problem.ts'
import { accountOf, type Service } from '../model/service.ts'
import { createHostTest } from '../policy/route-table.ts'
import { openPromptStore } from '../prompts/prompt-store.ts'
import type { CertificateFaults } from '../upstreams/certificate-faults.ts'
import { createDocumentFetcher } from '../upstreams/fetch-document.ts'
import { createModelList } from '../upstreams/model-list.ts'

export type Chat = {
  /** Null where there is no domain chat. */
  readonly deps: ChatDeps | null
  /** Whether a path asks for a level that there is not; nobody asks where there is no `chat`. */
  readonly isUnknownLevel: (path: string, host: string) => boolean
  readonly problems: () => readonly Problem[]
  readonly close: () => Promise<void>
}

const off: Chat = {
  deps: null,
  isUnknownLevel: () => false,
  problems: () => [],
  close: () => Promise.resolve(),
}

/** Opens what the domain chat needs. Rejects with a ProblemsError where a prompt is missing. */
export async function openChat(deps: {
  readonly settings: Settings
  readonly services: readonly Service[]
  readonly clock: Clock
  /** Told of a certificate of the service behind it that is not trusted. */
  readonly certificates: CertificateFaults
}): Promise<Chat> {
  const service = deps.services.find(({ chat }) => chat !== undefined)
  if (service === undefined) return off
  const isLevel = createLevelTest(service.chat?.otherPrefixes ?? [])
  const isServiceHost = createHostTest(deps.services)
  const isUnknownLevel = (path: string, host: string) => !isServiceHost(host) && isLevel(path)
  if (service.upstream === null) return { ...off, isUnknownLevel }
  const { clock } = deps
  const prompts = await openPromptStore({ folder: deps.settings.promptsDir })
  const documents = createDocumentFetcher()
  const { upstream } = service
  return {
    deps: {
      findPrompt: prompts.find,
      listModels: createModelList({
        ...{ upstream, clock, fetchDocument: documents.fetch },
        onFault: (code) => {
          if (isCertificateFault(code)) deps.certificates.report(accountOf(service), code)
        },
      }),
    },
    isUnknownLevel,
    problems: prompts.problems,
    close: async () => {
      prompts.close()
      await documents.close()
    },
  }
}
