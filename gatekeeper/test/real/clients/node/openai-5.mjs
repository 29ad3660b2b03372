import OpenAI from 'openai-5'
import { serveOpenai } from './openai-acts.mjs'

serveOpenai(OpenAI)
