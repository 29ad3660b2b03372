import Anthropic from 'anthropic-0'
import { serveAnthropic } from './anthropic-acts.mjs'

serveAnthropic(Anthropic)
