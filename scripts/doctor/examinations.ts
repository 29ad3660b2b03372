import type { Examination } from './examination.ts'
import { addresses } from './examinations/addresses.ts'
import { caddyfile } from './examinations/caddyfile.ts'
import { certificates } from './examinations/certificates.ts'
import { clients } from './examinations/clients.ts'
import { clock } from './examinations/clock.ts'
import { cloudModels } from './examinations/cloud-models.ts'
import { compliance } from './examinations/compliance.ts'
import { control } from './examinations/control.ts'
import { disk } from './examinations/disk.ts'
import { exposure } from './examinations/exposure.ts'
import { files } from './examinations/files.ts'
import { hosts } from './examinations/hosts.ts'
import { keys } from './examinations/keys.ts'
import { plainKeys } from './examinations/plain-keys.ts'
import { ports } from './examinations/ports.ts'
import { secrets } from './examinations/secrets.ts'
import { settings } from './examinations/settings.ts'
import { vault } from './examinations/vault.ts'
import { versions } from './examinations/versions.ts'

/** Everything that the doctor examines, in the order of its report. */
export const examinations: readonly Examination[] = [
  settings,
  caddyfile,
  hosts,
  secrets,
  vault,
  files,
  ports,
  exposure,
  cloudModels,
  versions,
  keys,
  plainKeys,
  clients,
  addresses,
  compliance,
  control,
  certificates,
  clock,
  disk,
]
