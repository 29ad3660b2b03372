import type { ChatDeps } from '../../admission/chat-head.ts'
import { createLevelTest } from '../../kinds/chat/chat.ts'
import { isCertificateFault } from '../../lib/net/certificate-fault.ts'
import { accountOf } from '../../model/service.ts'
import { createHostTest } from '../../policy/route-table.ts'
import { openPromptStore } from '../../prompts/prompt-store.ts'
import type { CertificateFaults } from '../../upstreams/certificate-faults.ts'
import { createDocumentFetcher } from '../../upstreams/fetch-document.ts'
import { createModelList } from '../../upstreams/model-list.ts'
import type { AppDeps } from '../app-deps.ts'
import type { Part } from '../part.ts'

export type ChatPart = Part & {
  /** Null if there is no domain chat. */
  readonly chat: ChatDeps | null
  /** Whether a path asks for a level that the domain chat does not have. */
  readonly isUnknownLevel: (path: string, host: string) => boolean
}

/** Opens what the domain chat needs. Rejects with a ProblemsError if a prompt is missing. */
export async function openChat(
  { settings, services, clock }: AppDeps,
  { certificates }: { readonly certificates: CertificateFaults },
): Promise<ChatPart> {
  const name = 'prompts'
  const service = services.find(({ chat }) => chat !== undefined)
  const isLevel = createLevelTest(service?.chat?.otherPrefixes ?? [])
  const isServiceHost = createHostTest(services)
  const isUnknownLevel = (path: string, host: string) =>
    service !== undefined && !isServiceHost(host) && isLevel(path)
  const upstream = service?.upstream ?? null
  if (service === undefined || upstream === null) {
    return { name, isUnknownLevel, chat: null, problems: () => [], close: () => {} }
  }
  const prompts = await openPromptStore({ folder: settings.promptsDir })
  const documents = createDocumentFetcher()
  const onFault = (code: string) => {
    if (isCertificateFault(code)) certificates.report(accountOf(service), code)
  }
  const fetchDocument = documents.fetch
  const listModels = createModelList({ upstream, clock, fetchDocument, onFault })
  return {
    name,
    isUnknownLevel,
    chat: { findPrompt: prompts.find, listModels },
    problems: prompts.problems,
    close: async () => {
      prompts.close()
      await documents.close()
    },
  }
}
