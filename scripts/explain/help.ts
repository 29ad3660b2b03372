import { formatTable } from '../keys/table.ts'

export const help: readonly string[] = [
  'npm run explain -- [WHO] [options] METHOD PATH',
  '  What would happen to a request: every check with its answer, what decided, and where that is',
  '  written. Nothing is sent on and nothing is counted.',
  '',
  'Who asks',
  ...formatTable([
    ['  --key ID', 'the key of this id; its secret is not needed'],
    ['  --token FILE', 'whoever holds the credential in this file: an access token or a key'],
    ['  --anonymous', 'nobody; the same as none of the three'],
  ]),
  '',
  'What is asked',
  ...formatTable([
    ['  METHOD PATH', 'as a client sends it: GET /ollama/api/tags, or a whole address'],
    ['  --model NAME', 'the model that the body names'],
    ['  --from ADDRESS', 'the address of the client; unset: 127.0.0.1'],
    ['  --origin ORIGIN', 'the page that asks, if a browser does: https://app.example'],
    ['  --host NAME', 'the name that is called; unset: the first of GATEKEEPER_SITE'],
    ['  --live', 'ask the gatekeeper that runs: with what is used up, and with the files in force'],
    ['  --json', 'one JSON document'],
    ['  --help', 'this text'],
  ]),
  '',
  'Without --live the files are read as they are now, and what limits have left is not known.',
  '',
  'Exit codes',
  ...formatTable([
    ['  0', 'it would be let in'],
    ['  1', 'it would be refused'],
    ['  64', 'the command line is wrong'],
    ['  69', '--live, and no gatekeeper answers'],
    ['  78', 'a setting or a file is broken'],
  ]),
]
