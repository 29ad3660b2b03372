import type { Examination } from '../../gatekeeper/src/operations/doctor/examination.ts'
import { addresses } from '../../gatekeeper/src/operations/doctor/examinations/addresses.ts'
import { clients } from '../../gatekeeper/src/operations/doctor/examinations/clients.ts'
import { compliance } from '../../gatekeeper/src/operations/doctor/examinations/compliance.ts'
import { control } from '../../gatekeeper/src/operations/doctor/examinations/control.ts'
import { disk } from '../../gatekeeper/src/operations/doctor/examinations/disk.ts'
import { keys } from '../../gatekeeper/src/operations/doctor/examinations/keys.ts'
import { people } from '../../gatekeeper/src/operations/doctor/examinations/people.ts'
import { plainKeys } from '../../gatekeeper/src/operations/doctor/examinations/plain-keys.ts'
import { settings } from '../../gatekeeper/src/operations/doctor/examinations/settings.ts'
import { vault } from '../../gatekeeper/src/operations/doctor/examinations/vault.ts'
import type { Context } from './context.ts'
import { caddyfile } from './examinations/caddyfile.ts'
import { certificates } from './examinations/certificates.ts'
import { clock } from './examinations/clock.ts'
import { cloudModels } from './examinations/cloud-models.ts'
import { exposure } from './examinations/exposure.ts'
import { files } from './examinations/files.ts'
import { hosts } from './examinations/hosts.ts'
import { ports } from './examinations/ports.ts'
import { secrets } from './examinations/secrets.ts'
import { versions } from './examinations/versions.ts'

/** Everything that the doctor examines, in the order of its report. */
export const examinations: readonly Examination<Context>[] = [
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
  people,
  addresses,
  compliance,
  control,
  certificates,
  clock,
  disk,
]
