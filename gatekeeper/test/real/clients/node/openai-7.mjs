import OpenAI from 'openai'
import { serveOpenai } from './openai-acts.mjs'

serveOpenai(OpenAI)
