import { describe, expect, it } from 'vitest'
import { anthropicForm } from './forms/anthropic.ts'
import type { WidgetQuestion } from './forms/chat-form.ts'
import { openaiForm } from './forms/openai.ts'

const question: WidgetQuestion = {
  ...{ model: 'm', system: ['Operator.', 'Page.'], temperature: 0.2, isStream: true },
  messages: [{ role: 'user', content: 'Hi' }],
  output: { member: 'max_completion_tokens', tokens: 7 },
}
const plain: WidgetQuestion = {
  ...{ ...question, system: [], temperature: null, output: null, isStream: false },
}

describe('a question', () => {
  it('in OpenAI’s form has the texts of the operator first', () => {
    expect(openaiForm.compose(question)).toEqual({
      ...{ model: 'm', temperature: 0.2, max_completion_tokens: 7, stream: true },
      messages: [
        { role: 'system', content: 'Operator.' },
        { role: 'system', content: 'Page.' },
        { role: 'user', content: 'Hi' },
      ],
    })
    expect(openaiForm.compose(plain)).toEqual({ model: 'm', messages: question.messages })
  })

  it('in Anthropic’s form has one text, and always a bound', () => {
    expect(anthropicForm.compose(question)).toEqual({
      ...{ model: 'm', system: 'Operator.\n\nPage.', messages: question.messages },
      ...{ temperature: 0.2, max_tokens: 7, stream: true },
    })
    expect(anthropicForm.compose(plain)).toMatchObject({ max_tokens: 4096 })
  })
})

describe('an answer', () => {
  it.each<[object, string | null]>([
    [{ choices: [{ message: { content: 'Hi' } }] }, 'Hi'],
    [{ choices: [{ message: { content: '' } }] }, ''],
    [{ choices: [{ message: { content: null, refusal: 'No.' } }] }, 'No.'],
    [{ choices: [{ message: { content: null, tool_calls: [] } }] }, null],
    [{ choices: [] }, null],
    [{ choices: [{ message: { content: 'Hi' } }], error: {} }, null],
    [{}, null],
  ])('in OpenAI’s form: %o is %s', (answer, text) => {
    expect(openaiForm.readWhole(answer as Record<string, unknown>)).toBe(text)
  })

  it.each<[object, string | null]>([
    [{ content: [{ type: 'text', text: 'a' }, { type: 'thinking' }, { text: 'b' }] }, 'ab'],
    [{ content: [] }, ''],
    [{ type: 'error', content: [] }, null],
    [{}, null],
  ])('in Anthropic’s form: %o is %s', (answer, text) => {
    expect(anthropicForm.readWhole(answer as Record<string, unknown>)).toBe(text)
  })
})

describe('an event', () => {
  it.each<[string, unknown]>([
    ['{"choices":[{"delta":{"content":"Hi"}}]}', { text: 'Hi' }],
    ['{"choices":[{"delta":{"role":"assistant","content":""}}]}', null],
    ['{"choices":[],"usage":{}}', null],
    ['[DONE]', 'end'],
    ['{"error":{"message":"x"}}', 'error'],
    ['<html>', 'unreadable'],
  ])('in OpenAI’s form: %s', (data, told) => {
    expect(openaiForm.readEvent(data)).toEqual(told)
  })

  it.each<[string, unknown]>([
    ['{"type":"content_block_delta","delta":{"type":"text_delta","text":"Hi"}}', { text: 'Hi' }],
    ['{"type":"content_block_delta","delta":{"type":"thinking_delta","thinking":"x"}}', null],
    ['{"type":"ping"}', null],
    ['{"type":"message_stop"}', 'end'],
    ['{"type":"error","error":{}}', 'error'],
    ['<html>', 'unreadable'],
  ])('in Anthropic’s form: %s', (data, told) => {
    expect(anthropicForm.readEvent(data)).toEqual(told)
  })
})
