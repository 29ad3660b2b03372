import { ChatWidget } from '@gatekeeper/chat/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Page } from './page.tsx'

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root')
createRoot(root).render(
  <StrictMode>
    <Page />
    <ChatWidget title="Ada of the shop" placeholder="Ask about tea" launcher="Ask Ada" />
  </StrictMode>,
)
