import Anthropic from '@anthropic-ai/sdk'
import { serveAnthropic } from './anthropic-acts.mjs'

serveAnthropic(Anthropic)
